#include "daemon/vault/domain/scope.hpp"

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("S52: the catalogue groups scopes as the portal does") {
    const auto view = view_of("tn.acc.invoices:r");
    REQUIRE(view);
    CHECK(view->group == "Accounting");
    CHECK(view->display_name == "Invoices");
    CHECK(view->access == 'r');
    CHECK_FALSE(view_of("tn.acc.invoices"));
}

TEST_CASE("S52: an unknown scope is refused with the nearest one") {
    const auto scopes = check_scopes({"tn.crm.custmers:r"});
    REQUIRE_FALSE(scopes);
    CHECK(scopes.error().next == "did you mean tn.crm.customers:r?");
}

TEST_CASE("S10: no scope is refused in the portal's words") {
    const auto scopes = check_scopes({});
    REQUIRE_FALSE(scopes);
    CHECK(scopes.error().what == "API Scopes are not selected");
}

TEST_CASE("S41: a difference names what is added and what is removed") {
    const auto change = difference({"a:r", "b:r"}, {"b:r", "c:w"});
    CHECK(change.added == std::vector<std::string>{"c:w"});
    CHECK(change.removed == std::vector<std::string>{"a:r"});
}

TEST_CASE("T-4: scope is space-delimited and made of the characters of RFC 6749") {
    CHECK(split_scope("b a  b").value() == std::vector<std::string>{"a", "b"});
    CHECK(split_scope("").value().empty());
    for (const auto* text : {"a\tb", "a\"b", "a\\b", "a\x7f", "\xc3\xa4"}) {
        const auto scopes = split_scope(text);
        REQUIRE_FALSE(scopes);
        CHECK(scopes.error().code == Errc::invalid_scope);
    }
}
