#include "daemon/base/clock.hpp"

#include <doctest/doctest.h>

using namespace jeton;
using namespace std::chrono_literals;

namespace {
struct HandClock final : Clock {
    UtcSeconds wall{1'700'000'000s};
    BootTime boot{1'000s};
    [[nodiscard]] UtcSeconds now() const override { return wall; }
    [[nodiscard]] BootTime boot_time() const override { return boot; }
};
}  // namespace

TEST_CASE("deadline: passed when either clock says so (T48)") {
    HandClock clock;
    const auto deadline = Deadline::after(clock, 60s);
    CHECK(deadline.left(clock) == 60s);
    SUBCASE("the last second is still good") {
        clock.wall += 59s;
        clock.boot += 59s;
        CHECK(deadline.left(clock) == 1s);
        CHECK_FALSE(deadline.passed(clock));
    }
    SUBCASE("the wall clock is set back: the other one ends it") {
        clock.wall -= std::chrono::days{3650};
        clock.boot += 60s;
        CHECK(deadline.passed(clock));
    }
    SUBCASE("the wall clock is set forward") {
        clock.wall += 60s;
        CHECK(deadline.passed(clock));
        CHECK(deadline.left(clock) == 0s);
    }
    SUBCASE("part of a second does not count as left") {
        clock.boot += 59s + 1ms;
        CHECK(deadline.left(clock) == 0s);
    }
}

TEST_CASE("clock: time in words is RFC 3339 in UTC") {
    CHECK(rfc3339(UtcSeconds{0s}) == "1970-01-01T00:00:00Z");
    CHECK(rfc3339(UtcSeconds{1'700'000'000s}) == "2023-11-14T22:13:20Z");
}

TEST_CASE("clock: the kernel's clocks run") {
    const SystemClock clock;
    const auto before = clock.boot_time();
    CHECK(clock.boot_time() >= before);
    CHECK(clock.now() > UtcSeconds{1'600'000'000s});
}
