#include "cli/text.hpp"

#include <doctest/doctest.h>

namespace jeton::cli {
namespace {

TEST_CASE("printable: ordinary text of any language stays as it is") {
    CHECK(printable("Example Plumbing & Söhne, 東京, naïve, 👍") == "Example Plumbing & Söhne, 東京, naïve, 👍");
}

TEST_CASE("printable: nothing that steers a terminal comes through (threat: T23)") {
    CHECK(printable("a\x1b[31mb") == "a\\x1b[31mb");
    CHECK(printable("a\nb\tc\rd\x7f") == "a\\x0ab\\x09c\\x0dd\\x7f");
    CHECK(printable(std::string_view{"a\0b", 3}) == "a\\x00b");
    CHECK(printable("\xc2\x9b"
                    "31m") == "\\u{9b}31m");
}

TEST_CASE("printable: nothing that turns the reading order or hides comes through") {
    CHECK(printable("a\u202eb") == "a\\u{202e}b");
    CHECK(printable("\u2066\u200f\u061c\u2028\u200b\ufeff") == "\\u{2066}\\u{200f}\\u{61c}\\u{2028}\\u{200b}\\u{feff}");
}

TEST_CASE("printable: bytes that are not UTF-8 are shown as bytes") {
    CHECK(printable("\x9b\xff") == "\\x9b\\xff");
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");               // an overlong slash
    CHECK(printable("\xe2\x82") == "\\xe2\\x82");               // cut off
    CHECK(printable("\xed\xa0\x80") == "\\u{d800}");            // a surrogate
    CHECK(printable("\xf4\x90\x80\x80").starts_with("\\xf4"));  // beyond the last character
}

TEST_CASE("width: wide characters take two columns, combining ones and colours none") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("東京") == 4);
    CHECK(display_width("e\u0301") == 1);
    CHECK(display_width("\x1b[32mabc\x1b[0m") == 3);
}

TEST_CASE("shortened: it never takes more columns than allowed, and shows that something is missing") {
    CHECK(shortened("abcdef", 6) == "abcdef");
    CHECK(shortened("abcdef", 4) == "abc…");
    CHECK(shortened("東京都", 4) == "東…");
    CHECK(shortened("abc", 1) == "…");
    CHECK(shortened("abc", 0).empty());
}

TEST_CASE("shortened_middle: both ends of a name stay") {
    CHECK(shortened_middle("dispatcher/1@integration", 24) == "dispatcher/1@integration");
    CHECK(shortened_middle("dispatcher/1@integration", 15) == "dispatc…gration");
    CHECK(display_width(shortened_middle("dispatcher/1@integration", 15)) == 15);
    CHECK(shortened_middle("abcdef", 2) == "a…");
    CHECK(shortened_middle("abcdef", 1) == "…");
    CHECK(shortened_middle("abcdef", 0).empty());
    CHECK(shortened_middle("東京都大阪府", 7) == "東…阪府");
    CHECK(shortened_middle("abcde\u0301fg", 5) == "ab…fg");
}

TEST_CASE("printable_json: the same document, without what steers a terminal (threat: T23)") {
    CHECK(printable_json("{\n\t\"a\": \"\u0085\u202e\x7f\U000e0041é東\"\n}\n") ==
          "{\n\t\"a\": \"\\u0085\\u202e\\u007f\\udb40\\udc41é東\"\n}\n");
}

TEST_CASE("wrapped: lines break at spaces") {
    CHECK(wrapped("one two three", 8) == "one two\nthree");
    CHECK(wrapped("incomprehensible word", 5) == "incomprehensible\nword");
    CHECK(wrapped("one two", 0) == "one two");
}

}  // namespace
}  // namespace jeton::cli
