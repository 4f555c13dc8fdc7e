#include "daemon/base/error.hpp"

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton;

TEST_CASE("error: a refusal is a value; taking the result nevertheless is a programming error") {
    const Result<int> refused = refuse(Errc::not_found, "no app x", "jeton app list");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::not_found);
    CHECK_THROWS_AS((void)refused.value(), std::logic_error);
    CHECK(Result<int>{7}.value() == 7);
}
