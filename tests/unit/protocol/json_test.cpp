#include "libclient/protocol/json.hpp"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton::protocol;

namespace {
bool accepts(const std::string& text) { return parse_strict(text).has_value(); }
std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }
}  // namespace

TEST_CASE("json: plain documents are read (T20)") {
    for (const std::string text :
         {"{}", "[]", "0", "-0", "true", "null", "\"x\"", " {\"a\" : [1, {\"b\": null}]} \n", "9223372036854775807",
          "-9223372036854775808", "18446744073709551615", R"({"a":{"a":1},"b":{"a":1}})", R"("\u0000\u001b")"}) {
        CAPTURE(text);
        CHECK(accepts(text));
    }
    const auto value = parse_strict(R"({"a":[1,"\u00e9"]})", wiped_storage());
    REQUIRE(value);
    CHECK(value->at("a").at(1).as_string() == "é");
    CHECK(*value->storage() == *wiped_storage());
}

TEST_CASE("json: a member that stands twice is refused, however it is spelt") {
    CHECK_FALSE(accepts(R"({"a":1,"a":2})"));
    CHECK_FALSE(accepts(R"({"a":1,"\u0061":2})"));
    CHECK_FALSE(accepts(R"([{"x":{"b":1,"c":2,"b":1}}])"));
    CHECK(parse_strict(R"({"a":1,"a":2})").error().what.find("twice") != std::string::npos);
}

TEST_CASE("json: only integers of 64 bits") {
    for (const std::string text :
         {"1.0", "1e2", "1e999", "-1.5", "18446744073709551616", "NaN", "Infinity", "01", "+1", "0x1"}) {
        CAPTURE(text);
        CHECK_FALSE(accepts(text));
    }
    CHECK_FALSE(accepts(std::string(100'000, '9')));
}

TEST_CASE("json: depth ends at 8") {
    CHECK(accepts(nested(json_depth_limit)));
    CHECK_FALSE(accepts(nested(json_depth_limit + 1)));
    CHECK_FALSE(accepts(std::string(100'000, '[')));
    std::string objects;
    for (int i = 0; i < 13'000; ++i) objects += "{\"a\":";
    CHECK_FALSE(accepts(objects));
}

TEST_CASE("json: what is no JSON is refused") {
    for (const std::string text :
         {"", " ", "{", "{\"a\"}", "{a:1}", "{'a':1}", "[1,]", "{} {}", "{}x", "// c\n1", "/* c */ 1", "\xef\xbb\xbf{}",
          "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\\ud800\"", "\"\x1b\"", "\"\\x41\"", "nul"}) {
        CAPTURE(text);
        CHECK_FALSE(accepts(text));
    }
    CHECK_FALSE(accepts(std::string{"\"\0\"", 3}));
    CHECK_FALSE(accepts(std::string{"1\0", 2}));
}

TEST_CASE("json: a problem never repeats what was read (T26)") {
    const auto problem = parse_strict(R"({"client_secret":"cs1.canary","client_secret":"cs1.canary"})").error().what;
    CHECK(problem.find("canary") == std::string::npos);
}

TEST_CASE("json: wipe empties a text") {
    std::string text = "secret";
    wipe(text);
    CHECK(text.empty());
}
