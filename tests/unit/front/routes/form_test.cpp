#include "daemon/front/routes/form.hpp"

#include <string>

#include <doctest/doctest.h>

namespace jeton::front::test {

TEST_CASE("form: decodes names and values") {
    const auto form = Form::parse("a=1&b=x+y%26&c=&d&%65=%C3%A4");
    REQUIRE(form.has_value());
    CHECK(form->value("a") == "1");
    CHECK(form->value("b") == "x y&");
    CHECK(form->value("e") == "\xc3\xa4");
}

TEST_CASE("T-3: a parameter without a value counts as omitted, but not when it stands twice") {
    const auto form = Form::parse("scope=&scope=a&x");
    REQUIRE(form.has_value());
    CHECK_FALSE(form->value("x").has_value());
    CHECK(form->repeated() == "scope");
    CHECK_FALSE(form->repeated("scope").has_value());
}

TEST_CASE("form: malformed escapes, NUL and what is not UTF-8 are refused") {
    for (const char* text : {"a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "a=%c0%80", "a=%ed%a0%80", "%ff=a"}) {
        INFO(std::string{text});
        CHECK(Form::parse(text).has_error());
    }
    std::string many;
    for (int i = 0; i < 65; ++i) many += "a" + std::to_string(i) + "=1&";
    CHECK(Form::parse(many).has_error());
}

TEST_CASE("form: a plus in a path is a plus") {
    CHECK(path_decode("1234567%40integration") == "1234567@integration");
    CHECK(path_decode("a+b") == "a+b");
}

}  // namespace jeton::front::test
