#include "daemon/front/supervisor.hpp"

#include <array>
#include <stdexcept>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "daemon/base/pass_fd.hpp"

namespace jeton::front::test {
namespace {

/// While it lives, this process opens nothing more.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        auto none = before_;
        none.rlim_cur = 0;
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("a link to the vault that comes while no descriptor is left is told from none") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd fronts{ends[0]};
    UniqueFd bringers{ends[1]};
    const UniqueFd link{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    CHECK_FALSE(receive_vault_link(fronts.get()).has_value());
    REQUIRE(send_fd(bringers.get(), 'V', link.get()));
    {
        const NoDescriptors shortage;
        const auto lost = receive_vault_link(fronts.get());
        REQUIRE(lost.has_value());
        CHECK_FALSE(static_cast<bool>(*lost));
    }
    REQUIRE(send_fd(bringers.get(), 'V', link.get()));
    const auto taken = receive_vault_link(fronts.get());
    REQUIRE(taken.has_value());
    CHECK(static_cast<bool>(*taken));
    bringers.reset();
    CHECK_THROWS_AS((void)receive_vault_link(fronts.get()), std::runtime_error);
}

}  // namespace jeton::front::test
