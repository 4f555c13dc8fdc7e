#include "libclient/http/names.hpp"

#include <doctest/doctest.h>

namespace jeton::client {
namespace {

TEST_CASE("names: those of the host's files; whom they do not have is told by number") {
    CHECK(user_name(0) == "root");
    CHECK(group_name(0) == "root");
    CHECK(user_name(4'000'000'017) == "4000000017");
    CHECK(group_name(4'000'000'017) == "4000000017");
}

}  // namespace
}  // namespace jeton::client
