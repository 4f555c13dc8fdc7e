#include "daemon/vault/domain/names.hpp"

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("names: a connection is APP/TENANT@ENVIRONMENT") {
    const auto name = parse_connection_name("dispatcher/1234567@production");
    REQUIRE(name);
    CHECK(name->app == "dispatcher");
    CHECK(name->tenant.tenant == "1234567");
    CHECK(name->tenant.environment == "production");
    CHECK(name->text() == "dispatcher/1234567@production");
}

TEST_CASE("names: what is no connection is refused with its form") {
    for (const auto* text : {"", "/", "dispatcher", "dispatcher/1234567", "dispatcher/@production", "Dispatcher/1@a",
                             "-x/1@a", "a/1@", "a/1@token", "v1/1@a", "a/1 2@a", "a/1@b@c d"}) {
        INFO(text);
        const auto name = parse_connection_name(text);
        REQUIRE_FALSE(name);
        CHECK(name.error().code == Errc::bad_input);
        CHECK_FALSE(name.error().next.empty());
    }
}

TEST_CASE("names: 63 and 120 characters fit, one more does not") {
    CHECK(check_environment_name(std::string(63, 'a')));
    CHECK_FALSE(check_environment_name(std::string(64, 'a')));
    CHECK(parse_tenant_name(std::string(120, 'T') + "@a"));
    CHECK_FALSE(parse_tenant_name(std::string(121, 'T') + "@a"));
}

TEST_CASE("threat: terminal escapes from stored names (T23) are refused at creation") {
    for (const auto* text :
         {"a\x1b[2J", "a\nb", "a\x7f", "a\xc2\x9b", "a\xe2\x80\xae", "a\xe2\x80\xa8", "bad \xff utf-8"}) {
        CHECK_FALSE(check_free_text("note", text, 100));
    }
    CHECK(check_free_text("note", "Müller & Söhne, 日本", 100));
}

TEST_CASE("names: free text is counted in characters, not in bytes") {
    CHECK(check_free_text("note", "äöü", 3));
    CHECK_FALSE(check_free_text("note", "äöüx", 3));
    CHECK_FALSE(check_free_text("note", "", 3));
    CHECK(check_free_text("note", "", 3, true));
}

TEST_CASE("S36: a new tenant without an environment is one of integration") {
    CHECK(parse_new_tenant_name("1234567")->text() == "1234567@integration");
    CHECK(parse_new_tenant_name("1234567@production")->text() == "1234567@production");
    for (const auto* text : {"", "@production", "1234567@", "12 34", "1234567@Integration"}) {
        INFO(text);
        CHECK_FALSE(parse_new_tenant_name(text));
    }
    CHECK_FALSE(parse_tenant_name("1234567"));
}
