#include "cli/values.hpp"

#include <doctest/doctest.h>

namespace jeton::cli {
namespace {

TEST_CASE("connection: its name becomes the path, the tenant's @ encoded") {
    CHECK(connection_path("dispatcher/1234567@production") == "/v1/connections/dispatcher/1234567%40production");
    CHECK(connection_path("a/b.c_d@e", "/review") == "/v1/connections/a/b.c_d%40e/review");
}

TEST_CASE("connection: what is none is a usage error that shows one") {
    for (const auto* wrong :
         {"", "dispatcher", "dispatcher/1234567", "1234567@production", "/1@e", "a/@e", "a/1@", "a/b/c@e"}) {
        CAPTURE(wrong);
        const auto path = connection_path(wrong);
        REQUIRE_FALSE(path);
        CHECK(path.error().exit_code == exit_code::usage);
        CHECK(path.error().next.contains("dispatcher/1234567@production"));
    }
    CHECK(connection_path("../../x@y").error().exit_code == exit_code::usage);
}

TEST_CASE("percent-encoding: everything but unreserved characters") {
    CHECK(percent_encoded("aZ09-._~") == "aZ09-._~");
    CHECK(percent_encoded("a b&c=d/é") == "a%20b%26c%3Dd%2F%C3%A9");
}

TEST_CASE("durations: numbers with a unit") {
    CHECK(seconds_in("0") == 0);
    CHECK(seconds_in("90s") == 90);
    CHECK(seconds_in("30m") == 1'800);
    CHECK(seconds_in("24h") == 86'400);
    CHECK(seconds_in("7d") == 604'800);
    for (const auto* wrong : {"", "h", "-1h", "1.5h", "1w", "24 h", "90", "99999999999999999999"}) {
        CAPTURE(wrong);
        CHECK_FALSE(seconds_in(wrong));
    }
}

TEST_CASE("numbers: whole ones, and nothing behind them") {
    CHECK(number_in("0") == 0);
    CHECK(number_in("-7") == -7);
    for (const auto* wrong : {"", "1x", "+1", " 1", "0x1", "99999999999999999999"}) {
        CAPTURE(wrong);
        CHECK_FALSE(number_in(wrong));
    }
}

TEST_CASE("times: an age is counted back from now, a time stays as it is") {
    CHECK(time_or_age("24h", 86'400) == "1970-01-01T00:00:00Z");
    CHECK(time_or_age("1s", 1'700'000'000) == "2023-11-14T22:13:19Z");
    CHECK(time_or_age("2026-01-01T00:00:00Z", 0) == "2026-01-01T00:00:00Z");
    CHECK(time_or_age("", 0).empty());
}

TEST_CASE("shell quoting: the shell reads back what was meant") {
    CHECK(shell_quoted("abc.DEF-123_~+/=") == "abc.DEF-123_~+/=");
    CHECK(shell_quoted("a b") == "'a b'");
    CHECK(shell_quoted("$(x)`y`") == "'$(x)`y`'");
    CHECK(shell_quoted("it's") == "'it'\\''s'");
    CHECK(shell_quoted("") == "''");
}

}  // namespace
}  // namespace jeton::cli
