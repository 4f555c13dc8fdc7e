#include "daemon/base/log.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace jeton;
using namespace std::string_literals;

TEST_CASE("log: what could break a line or a terminal is escaped (T22)") {
    CHECK(log::escape("plain é 漢 😀 {} \\") == "plain é 漢 😀 {} \\");
    CHECK(log::escape("a\nb\rc\td") == R"(a\u{a}b\u{d}c\u{9}d)");
    CHECK(log::escape("\0"s) == R"(\u{0})");
    CHECK(log::escape("\x1b[2J") == R"(\u{1b}[2J)");
    CHECK(log::escape("\u0085\u2028\u202e\u2066\ufeff") == R"(\u{85}\u{2028}\u{202e}\u{2066}\u{feff})");
    CHECK(log::escape("a\u200bb\u2060\U000e0041") == R"(a\u{200b}b\u{2060}\u{e0041})");  // no shape of their own
}

TEST_CASE("log: bytes that are no UTF-8 are escaped one by one") {
    CHECK(log::escape("\xff") == R"(\u{ff})");
    CHECK(log::escape("a\xc3") == R"(a\u{c3})");
    CHECK(log::escape("\xc0\x8a") == R"(\u{c0}\u{8a})");            // overlong line feed
    CHECK(log::escape("\xe0\x81\x81") == R"(\u{e0}\u{81}\u{81})");  // overlong A
    CHECK(log::escape("\xed\xa0\x80") == R"(\u{ed}\u{a0}\u{80})");  // surrogate
    CHECK(log::escape("\xf5\x80\x80\x80") == R"(\u{f5}\u{80}\u{80}\u{80})");
}
