#include "daemon/vault/domain/form_field.hpp"

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("form fields: sorted by name, and the same again from what a row holds") {
    const auto fields = checked_form_fields({{"tenant", "985798691"}, {"audience", "https://api.example/?a=b&c"}});
    REQUIRE(fields);
    const auto texts = form_field_texts(*fields);
    CHECK(texts == std::vector<std::string>{"audience=https://api.example/?a=b&c", "tenant=985798691"});
    CHECK(form_fields_in(texts) == *fields);
    CHECK(checked_form_fields({})->empty());
}

TEST_CASE("form fields: what jeton sends itself, a second authentication and what bends the form are refused by name") {
    for (const auto* name : {"grant_type", "client_id", "client_secret", "scope", "resource", "client_assertion",
                             "client_assertion_type"}) {
        CAPTURE(name);
        const auto refused = checked_form_fields({{name, "x"}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().what.find(name) != std::string::npos);
    }
    for (const std::string name : {"", "a b", "a=b", "a&b", "a\n", "ä"}) {
        CAPTURE(name);
        CHECK_FALSE(checked_form_fields({{name, "x"}}));
    }
    CHECK_FALSE(checked_form_fields({{std::string(65, 'a'), "x"}}));
    for (const std::string value : {"", "a\nb", "a\tb", "\x7f"}) {
        CAPTURE(value);
        CHECK_FALSE(checked_form_fields({{"tenant", value}}));
    }
    CHECK(checked_form_fields({{"tenant", std::string(512, 'x')}}));
    CHECK_FALSE(checked_form_fields({{"tenant", std::string(513, 'x')}}));
    CHECK_FALSE(checked_form_fields({{"tenant", "1"}, {"tenant", "2"}}));
    std::vector<FormField> many;
    for (char c = 'a'; c < 'a' + 9; ++c) many.push_back({std::string{c}, "x"});
    CHECK_FALSE(checked_form_fields(many));
}
