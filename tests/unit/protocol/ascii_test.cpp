#include "libclient/protocol/ascii.hpp"

#include <doctest/doctest.h>

using namespace jeton::protocol;

TEST_CASE("ascii: letters beyond it are left as they are") {
    CHECK(lower_case("Content-TYPE: \xc3\x84Z") == "content-type: \xc3\x84z");
    CHECK(lower_case("").empty());
}

TEST_CASE("ascii: blanks are spaces and tabs, at the ends alone") {
    CHECK(trimmed(" \ta b\t ") == "a b");
    CHECK(trimmed(" \t ").empty());
    CHECK(trimmed("\na") == "\na");
}

TEST_CASE("ascii: a number is digits and nothing else") {
    CHECK(whole_number("0") == 0U);
    CHECK(whole_number("042") == 42U);
    for (const auto* text : {"", " 1", "1 ", "+1", "-1", "1,2", "0x1", "99999999999999999999"}) {
        INFO(text);
        CHECK_FALSE(whole_number(text));
    }
}

TEST_CASE("ascii: what names and values of headers are made of (RFC 9110)") {
    for (const char c : {'a', 'Z', '0', '-', '~'}) CHECK(is_token_character(c));
    for (const char c : {' ', ':', '"', '(', '\x7f', '\xe4', '\0'}) CHECK_FALSE(is_token_character(c));
    for (const char c : {'\t', ' ', ':', '\xe4'}) CHECK(is_value_character(c));
    for (const char c : {'\r', '\n', '\0', '\x7f'}) CHECK_FALSE(is_value_character(c));
}
