#include "daemon/base/nearest.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

using namespace jeton;

TEST_CASE("nearest: a slip finds its word, anything else finds none") {
    constexpr std::array<std::string_view, 4> known{"runtime", "control", "state", "anchor"};
    CHECK(nearest("runtme", known) == "runtime");
    CHECK(nearest("cotnrol", known) == "control");
    CHECK(nearest("statee", known) == "state");
    CHECK_FALSE(nearest("database", known));
    CHECK_FALSE(nearest("", known));
    CHECK_FALSE(nearest(std::string(100'000, 'x'), known));
}
