#include "daemon/base/seldom.hpp"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

namespace jeton::test {

TEST_CASE("log: a line that comes again and again is said once a minute, with how often it was not") {
    using namespace std::chrono_literals;
    log::Seldom seldom;
    const log::Seldom::Time now{1h};
    CHECK(seldom.worth_saying("a", now) == "a");
    for (int i = 0; i < 100; ++i) CHECK_FALSE(seldom.worth_saying("a", now + 59s).has_value());
    CHECK(seldom.worth_saying("b", now + 59s) == "b");
    CHECK(seldom.worth_saying("a", now + 60s) == "a (100 times more since this was last said)");
    CHECK_FALSE(seldom.worth_saying("b", now + 118s).has_value());
    CHECK(seldom.worth_saying("a", now + 120s) == "a");
}

TEST_CASE("log: however many different lines come, few are kept in mind") {
    log::Seldom seldom;
    for (int i = 0; i < 10'000; ++i) {
        const auto line = std::to_string(i);
        CHECK(seldom.worth_saying(line, {}) == line);
    }
    CHECK_FALSE(seldom.worth_saying("9999", {}).has_value());
    CHECK(seldom.worth_saying("0", {}) == "0");
}

}  // namespace jeton::test
