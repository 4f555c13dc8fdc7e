#include "libclient/library/fork_mark.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace jeton::library {
namespace {

TEST_CASE("fork mark: a child that could not start anew is told to once more") {
    ForkMark mark;
    REQUIRE(mark.here());
    const auto child = ::fork();
    if (child == 0) {
        const bool told_once = !mark.here() && mark.renew();
        mark.not_renewed();
        const bool told_again = !mark.here() && mark.renew();
        mark.renewed();
        ::_exit(told_once && told_again && mark.here() ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(mark.here());
}

}  // namespace
}  // namespace jeton::library
