#include "daemon/base/pass_fd.hpp"

#include <array>
#include <stdexcept>

#include <fcntl.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

using namespace jeton;

TEST_CASE("pass_fd: a descriptor arrives with its tag, close-on-exec; nothing waits; the end is told (T47)") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    UniqueFd left{ends[0]};
    UniqueFd right{ends[1]};
    CHECK_FALSE(receive_fd(right.get()));

    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    UniqueFd reader{pipe[0]};
    UniqueFd writer{pipe[1]};
    CHECK(send_fd(left.get(), 'V', writer.get()));
    auto passed = receive_fd(right.get());
    REQUIRE(passed);
    CHECK(passed->tag == 'V');
    REQUIRE(passed->fd);
    CHECK((::fcntl(passed->fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(::write(passed->fd.get(), "x", 1) == 1);

    REQUIRE(::send(left.get(), "S", 1, 0) == 1);
    passed = receive_fd(right.get());
    REQUIRE(passed);
    CHECK(passed->tag == 'S');
    CHECK_FALSE(passed->fd);

    left.reset();
    CHECK_THROWS_AS((void)receive_fd(right.get()), std::runtime_error);
    CHECK_FALSE(send_fd(right.get(), 'V', reader.get()));
}
