#include "libclient/protocol/fields.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace jeton::protocol;

namespace {
json::value body(std::string_view text) { return parse_strict(text).value(); }
}  // namespace

TEST_CASE("fields: members are read by name and type") {
    const auto value = body(R"({"t":"x","n":7,"f":true,"l":["a","b"],"o":{"k":1},"gone":null})");
    Fields in{value};
    CHECK(in.text("t") == "x");
    CHECK(in.integer("n", 0, 10) == 7);
    CHECK(in.flag("f"));
    CHECK(in.texts("l") == std::vector<std::string>{"a", "b"});
    REQUIRE(in.object("o") != nullptr);
    CHECK(in.object("o")->contains("k"));
    CHECK_FALSE(in.optional_text("gone"));
    CHECK_FALSE(in.optional_integer("absent", 0, 1));
    CHECK_FALSE(in.optional_flag("absent"));
    CHECK(in.text_or("absent", "else") == "else");
    CHECK(in.optional_secret("absent").empty());
    CHECK(in.texts("absent").empty());
    CHECK_FALSE(in.problem());
}

TEST_CASE("fields: a secret is a view, not a copy") {
    const auto value = body(R"({"client_secret":"cs1.abc"})");
    Fields in{value};
    CHECK(in.secret("client_secret").data() == value.at("client_secret").as_string().data());
}

TEST_CASE("fields: the first problem names the member and never its value (T26)") {
    const auto problem = [](std::string_view text, auto get) {
        const auto value = body(text);
        Fields in{value};
        get(in);
        const auto found = in.problem().value_or("none");
        CHECK(found.find("canary") == std::string::npos);
        return found;
    };
    CHECK(problem("{}", [](Fields& in) { (void)in.text("t"); }) == "member \"t\" is missing");
    CHECK(problem(R"({"t":null})", [](Fields& in) { (void)in.text("t"); }) == "member \"t\" is missing");
    CHECK(problem(R"({"t":7})", [](Fields& in) { (void)in.text("t"); }) == "member \"t\" must be a string");
    CHECK(problem(R"({"n":"canary"})", [](Fields& in) { (void)in.integer("n", 0, 5); }) ==
          "member \"n\" must be an integer from 0 to 5");
    CHECK(problem(R"({"n":6})", [](Fields& in) { (void)in.integer("n", 0, 5); }) ==
          "member \"n\" must be an integer from 0 to 5");
    CHECK(problem(R"({"n":18446744073709551615})", [](Fields& in) { (void)in.optional_integer("n", 0, 5); }) ==
          "member \"n\" must be an integer from 0 to 5");
    CHECK(problem(R"({"f":"canary"})", [](Fields& in) { (void)in.flag("f"); }) == "member \"f\" must be true or false");
    CHECK(problem(R"({"l":["a",1]})", [](Fields& in) { (void)in.texts("l"); }) ==
          "member \"l\" must be an array of strings");
    CHECK(problem(R"({"o":[]})", [](Fields& in) { (void)in.object("o"); }) == "member \"o\" must be an object");
    CHECK(problem(R"({"s":["canary"]})", [](Fields& in) { (void)in.secret("s"); }) == "member \"s\" must be a string");
    CHECK(problem(R"({"cs1.canary":1})", [](Fields& in) { (void)in.optional_text("s"); }) ==
          "a member is not known here: names are made of a to z and _");
}

TEST_CASE("fields: a member that nobody asked for is refused") {
    const auto value = body(R"({"t":"x","stray":1})");
    Fields in{value};
    (void)in.text("t");
    CHECK(in.problem() == "member \"stray\" is not known here");
}

TEST_CASE("fields: the body must be an object") {
    const auto value = body("[1]");
    Fields in{value};
    CHECK(in.text("t").empty());
    CHECK(in.problem() == "the body must be a JSON object");
}
