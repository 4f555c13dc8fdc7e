#include "daemon/vault/domain/scope.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("S52: the catalogue groups scopes as the portal does") {
    const Catalogue catalogue;
    const auto view = catalogue.view_of("tn.acc.invoices:r");
    REQUIRE(view);
    CHECK(view->group == "Accounting");
    CHECK(view->display_name == "Invoices");
    CHECK(view->access == 'r');
    CHECK_FALSE(catalogue.view_of("tn.acc.invoices"));
    CHECK_FALSE(catalogue.view_of("tn.acc.invoices:x"));
    CHECK(scope_groups().size() == 16);
    for (const auto& entry : built_in_scopes()) {
        CHECK(std::ranges::find(scope_groups(), entry.group) != scope_groups().end());
    }
}

TEST_CASE("S52: an unknown scope is refused with the nearest one, an added one is known") {
    const auto scopes = Catalogue{}.check({"tn.crm.custmers:r"});
    REQUIRE_FALSE(scopes);
    CHECK(scopes.error().next == "did you mean tn.crm.customers:r? jeton scope list shows all");
    const Catalogue richer{{OwnScope{ScopeId{"1"}, "tn.crm.custmers", "CRM", "Custmers", {}}}};
    CHECK(richer.check({"tn.crm.custmers:r"}));
    CHECK_FALSE(richer.check({"tn.crm.custmers"}));
}

TEST_CASE("S52: an own scope is tn.MODULE.RESOURCE, with texts that print (T23)") {
    const OwnScope good{{}, "tn.crm.surveys", "CRM", "Surveys", {}};
    CHECK(check_own_scope(good));
    for (const auto* name : {"", "tn", "tn.crm", "crm.surveys.x", "tn.CRM.surveys", "tn.crm.surveys:r", "tn.crm.a b",
                             "tn..x", "tn.crm.", "tn.crm.\x1b[2J"}) {
        INFO(name);
        auto bad = good;
        bad.name = name;
        CHECK_FALSE(check_own_scope(bad));
    }
    for (const auto* text : {"", "a\x1b[2J", "a\xe2\x80\xae"}) {
        auto bad = good;
        bad.group = text;
        CHECK_FALSE(check_own_scope(bad));
        bad = good;
        bad.display_name = text;
        CHECK_FALSE(check_own_scope(bad));
    }
}

TEST_CASE("a scope that left the catalogue is shown under its own name") {
    const auto views = Catalogue{}.views_of({"tn.old.thing:w"});
    REQUIRE(views.size() == 1);
    CHECK(views[0].group == "Other");
    CHECK(views[0].display_name == "tn.old.thing:w");
    CHECK(views[0].access == 'w');
}

TEST_CASE("S10: no scope is refused in the portal's words") {
    const auto scopes = Catalogue{}.check({});
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
