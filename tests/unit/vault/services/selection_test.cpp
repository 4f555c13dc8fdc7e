#include "daemon/vault/services/selection.hpp"

#include <set>

#include "daemon/vault/services/versions.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

using Names = std::set<std::string>;

const std::string first = "dispatcher/1@integration";
const std::string second = "dispatcher/2@integration";
const std::string production = "dispatcher/1@production";
const std::string other_app = "reporter/1@integration";

/// Two apps, two tenants, two environments; tina administers tenant 1 of integration, dora develops dispatcher.
struct Estate : Office {
    Estate() {
        for (const auto& name : {first, second, production, other_app}) connected(name);
        grant("tenant-admin", tenant_admin, {}, "1@integration");
        grant("developer", developer, "dispatcher", {});
    }

    Names select(const Selector& selector, const Standing& standing) {
        const auto found =
            run([&](Transaction& tx) { return select_connections(tx, standing, selector, clock.now()); });
        REQUIRE(found);
        Names names;
        for (const auto& one : *found) CHECK(names.insert(one.name()).second);
        return names;
    }
    Names select(const Selector& selector) { return select(selector, everything); }
    Names select_as(const Peer& peer, const Selector& selector) {
        return select(selector, run([&](Transaction& tx) { return standing_of(tx, peer, clock.now()); }));
    }
    Errc refusal(const Selector& selector) {
        const auto found =
            run([&](Transaction& tx) { return select_connections(tx, everything, selector, clock.now()); });
        REQUIRE_FALSE(found);
        return found.error().code;
    }

    Result<json::value> disable(const Peer& peer, const json::object& body) {
        return ask(peer, "access.disable_selected", body);
    }
    Result<json::value> enable(const Peer& peer, const json::object& body) {
        return ask(peer, "access.enable_selected", body);
    }
    Names in_state(ConnectionState state) {
        Selector selector;
        selector.state = state;
        return select(selector);
    }
};

/// The connections of an answer that ended so.
Names with_result(const Result<json::value>& answer, std::string_view result) {
    REQUIRE(answer);
    Names names;
    for (const auto& one : answer->as_array()) {
        if (text_at(one, "result") == result) names.insert(text_at(one, "connection"));
    }
    return names;
}

}  // namespace

TEST_CASE("selection: by app, tenant, environment, state and client ID, and by several at once") {
    Estate estate;
    CHECK(estate.select({}) == Names{first, second, production, other_app});
    CHECK(estate.select({.app = "dispatcher"}) == Names{first, second, production});
    CHECK(estate.select({.tenant = "1"}) == Names{first, production, other_app});
    CHECK(estate.select({.tenant = "1@production"}) == Names{production});
    CHECK(estate.select({.environment = "integration"}) == Names{first, second, other_app});
    CHECK(estate.select({.app = "dispatcher", .tenant = "1", .environment = "integration"}) == Names{first});
    CHECK(estate.select({.tenant = "1@production", .environment = "integration"}).empty());
    CHECK(estate.select({.client_id = estate.row(second).client_id}) == Names{second});
    CHECK(estate.select({.app = "reporter", .client_id = estate.row(second).client_id}).empty());
    estate.listed("reporter/2@integration");
    CHECK(estate.select({.state = ConnectionState::not_connected}) == Names{"reporter/2@integration"});
    CHECK(estate.select({.app = "dispatcher", .state = ConnectionState::not_connected}).empty());
}

TEST_CASE("selection: a name that is none is refused, one that is unknown selects nothing, but an environment") {
    Estate estate;
    CHECK(estate.select({.app = "nonesuch"}).empty());
    CHECK(estate.select({.tenant = "nonesuch"}).empty());
    CHECK(estate.select({.tenant = "nonesuch@integration"}).empty());
    CHECK(estate.select({.client_id = "jid.nonesuch"}).empty());
    CHECK(estate.refusal({.environment = "nonesuch"}) == Errc::not_found);
    CHECK(estate.refusal({.tenant = "1@nonesuch"}) == Errc::not_found);
    CHECK(estate.refusal({.app = ""}) == Errc::bad_input);
    CHECK(estate.refusal({.app = "a\x1b[2J"}) == Errc::bad_input);
    CHECK(estate.refusal({.tenant = "1@@"}) == Errc::bad_input);
    CHECK(estate.refusal({.environment = ""}) == Errc::bad_input);
}

TEST_CASE("S34: missing are the secrets of what is connected and has none that is active") {
    Estate estate;
    estate.listed("dispatcher/3@integration");
    CHECK(estate.select({.missing_secret = true}) == Names{first, second, production, other_app});
    const auto secret = estate.generate(first);
    REQUIRE(secret);
    REQUIRE(estate.generate(other_app));
    CHECK(estate.select({.missing_secret = true}) == Names{second, production});
    CHECK(estate.select({.app = "dispatcher", .environment = "integration", .missing_secret = true}) == Names{second});
    REQUIRE(estate.run([&](Transaction& tx) {
        return deactivate_secret(tx, estate.admin, World::connection(first), secret->secret.prefix, estate.clock.now());
    }));
    REQUIRE(estate.ask_about(estate.operator_peer, "access.disable", second));
    CHECK(estate.select({.missing_secret = true}) == Names{first, production});
    const auto listed = estate.ask(estate.developer, "connection.list", {{"missing_secret", true}});
    REQUIRE(listed);
    CHECK(listed->as_array().size() == 2);
}

TEST_CASE("S39: a new version is one that the tenant did not accept; who never accepted one has none") {
    Estate estate;
    estate.listed("dispatcher/3@integration");
    CHECK(estate.select({.new_version = true}).empty());
    REQUIRE(estate.run([&](Transaction& tx) {
        return publish_version(tx, estate.admin, "dispatcher", {"tn.acc.invoices:r"}, {}, estate.clock.now());
    }));
    CHECK(estate.select({.new_version = true}) == Names{first, second, production});
    REQUIRE(estate.allow(first, 2));
    CHECK(estate.select({.new_version = true}) == Names{second, production});
}

TEST_CASE("selection: unused is what nobody fetched a token for since then, or ever") {
    Estate estate;
    estate.listed("dispatcher/3@integration");
    estate.use(first, "");
    CHECK(estate.select({.app = "dispatcher", .unused_for = 60s}) == Names{second, production});
    estate.clock.advance(59s);
    CHECK(estate.select({.app = "dispatcher", .unused_for = 60s}) == Names{second, production});
    estate.clock.advance(1s);
    CHECK(estate.select({.app = "dispatcher", .unused_for = 60s}) == Names{first, second, production});
    REQUIRE(estate.ask_about(estate.operator_peer, "access.disable", first));
    CHECK(estate.select({.app = "dispatcher", .unused_for = 60s}) == Names{second, production});
}

TEST_CASE("S27: what somebody does not see selects nothing, as what does not exist, not even by its client ID") {
    Estate estate;
    CHECK(estate.select_as(estate.developer, {}) == Names{first, second, production});
    CHECK(estate.select_as(estate.tenant_admin, {}) == Names{first, other_app});
    CHECK(estate.select_as(estate.operator_peer, {}) == Names{first, second, production, other_app});
    CHECK(estate.select_as(estate.worker, {}).empty());
    CHECK(estate.select_as(estate.developer, {.app = "reporter"}).empty());
    CHECK(estate.select_as(estate.tenant_admin, {.client_id = estate.row(second).client_id}).empty());
    CHECK(estate.select_as(estate.tenant_admin, {.environment = "production"}).empty());
}

TEST_CASE("S25, S27: off the list, a tenant's admin sees what it allowed once, and nothing else") {
    Standing admin;
    admin.tenants = {TenantId::fresh()};
    Connection connection;
    connection.tenant = admin.tenants.front();
    CHECK(admin.sees(connection));
    connection.listed = false;
    CHECK_FALSE(admin.sees(connection));
    connection.state = ConnectionState::disabled;
    CHECK(admin.sees(connection));
    connection.tenant = TenantId::fresh();
    CHECK_FALSE(admin.sees(connection));
}

TEST_CASE("connection.list: words that are none are refused") {
    Estate estate;
    const auto list = [&](const json::object& body) {
        return estate.ask(estate.operator_peer, "connection.list", body);
    };
    CHECK(list({{"state", "paused"}}).error().next == "not-connected, connected or disabled");
    CHECK(list({{"unused_for", -1}}).error().code == Errc::bad_input);
    CHECK(list({{"missing_secret", "yes"}}).error().code == Errc::bad_input);
    CHECK(list({{"state", "connected"}})->as_array().size() == 4);
    CHECK(list({{"client_id", estate.row(second).client_id}})->as_array().size() == 1);
}

TEST_CASE("S49: disabling by selection asks for at least one selector, and that it is known") {
    Estate estate;
    const auto refused = estate.disable(estate.operator_peer, {{"reason", "all of them"}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::bad_input);
    CHECK(refused.error().next == "give --app, --tenant or --environment");
    CHECK(estate.disable(estate.operator_peer, {{"environment", "nonesuch"}}).error().code == Errc::not_found);
    CHECK(estate.enable(estate.operator_peer, {}).error().code == Errc::bad_input);
    CHECK(estate.in_state(ConnectionState::disabled).empty());
}

TEST_CASE("S50: a dry run names what would be done and what would be refused, changes nothing and records nothing") {
    Estate estate;
    REQUIRE(estate.ask_about(estate.operator_peer, "access.disable", second));
    estate.listed("dispatcher/3@integration");
    const auto epoch = estate.store().epoch();
    const auto entries = estate.audited("*").size();
    const auto row = estate.row(first);
    estate.room.upstream.put("held", row, {SecretText{"a.b.c"}, "", 900s}, estate.clock);
    const auto answer = estate.disable(estate.operator_peer, {{"app", "dispatcher"}, {"dry_run", true}});
    CHECK(with_result(answer, "would be done") == Names{first, production});
    CHECK(with_result(answer, "refused") == Names{second});
    CHECK(with_result(answer, "done").empty());
    CHECK(text_at(answer->at(0), "state") != "");
    CHECK(estate.store().epoch() == epoch);
    CHECK(estate.audited("*").size() == entries);
    CHECK(estate.in_state(ConnectionState::disabled) == Names{second});
    CHECK(estate.room.upstream.find("held", estate.clock) != nullptr);
}

TEST_CASE("S49: a selection is paused and restored one by one, each in the audit; what was never allowed is left out") {
    Estate estate;
    estate.listed("dispatcher/3@integration");
    const auto row = estate.row(first);
    estate.room.upstream.put("held", row, {SecretText{"a.b.c"}, "", 900s}, estate.clock);
    const auto disabled = estate.disable(
        estate.operator_peer, {{"app", "dispatcher"}, {"environment", "integration"}, {"reason", "incident 7"}});
    CHECK(with_result(disabled, "done") == Names{first, second});
    CHECK(disabled->as_array().size() == 2);
    CHECK(text_at(disabled->at(0), "state") == "disabled");
    CHECK(disabled->at(0).at("why").is_null());
    CHECK(estate.in_state(ConnectionState::disabled) == Names{first, second});
    CHECK(estate.in_state(ConnectionState::connected) == Names{production, other_app});
    CHECK(estate.room.upstream.find("held", estate.clock) == nullptr);
    Names audited;
    for (const auto& entry : estate.audited("access.disabled")) {
        CHECK(entry.detail == "operator: incident 7");
        audited.insert(entry.connection);
    }
    CHECK(audited == Names{first, second});

    const auto enabled = estate.enable(estate.operator_peer, {{"app", "dispatcher"}});
    CHECK(with_result(enabled, "done") == Names{first, second});
    CHECK(with_result(enabled, "refused") == Names{production});
    CHECK(estate.in_state(ConnectionState::disabled).empty());
    CHECK(estate.row(first).client_id == row.client_id);
}

TEST_CASE("S49: a refusal in a selection says why and stops none of the others") {
    Estate estate;
    REQUIRE(estate.ask_about(estate.tenant_admin, "access.disable", first));
    REQUIRE(estate.ask_about(estate.operator_peer, "access.disable", second));
    const auto enabled = estate.enable(estate.operator_peer, {{"environment", "integration"}, {"app", "dispatcher"}});
    CHECK(with_result(enabled, "done") == Names{second});
    CHECK(with_result(enabled, "refused") == Names{first});
    for (const auto& one : enabled->as_array()) {
        if (text_at(one, "connection") != first) continue;
        CHECK(text_at(one, "why") == first + " is paused by tenant-admin tina");
        CHECK(text_at(one, "state") == "disabled");
    }
    const auto for_them =
        estate.enable(estate.operator_peer, {{"tenant", "1@integration"}, {"on_behalf_of", "the office"}});
    CHECK(with_result(for_them, "done") == Names{first});
}

TEST_CASE("S15, S22: a selection reaches the tenants of whom one is an admin, and names no others") {
    Estate estate;
    const auto disabled = estate.disable(estate.tenant_admin, {{"app", "dispatcher"}});
    CHECK(with_result(disabled, "done") == Names{first});
    CHECK(disabled->as_array().size() == 1);
    CHECK(estate.in_state(ConnectionState::disabled) == Names{first});
    CHECK(estate.disable(estate.tenant_admin, {{"tenant", "2@integration"}}).error().what ==
          "no connection fits the selection");
    CHECK(estate.disable(estate.tenant_admin, {{"tenant", "1@production"}}).error().what ==
          "no connection fits the selection");
    CHECK(estate.disable(estate.tenant_admin, {{"app", "nonesuch"}}).error().what ==
          "no connection fits the selection");
    CHECK(estate.disable(estate.developer, {{"app", "dispatcher"}}).error().code == Errc::forbidden);
    // Who is both sees more, and still switches only what is its own to decide.
    estate.grant("developer", estate.tenant_admin, "dispatcher", {});
    CHECK(with_result(estate.enable(estate.tenant_admin, {{"app", "dispatcher"}}), "done") == Names{first});
    CHECK(estate.disable(estate.tenant_admin, {{"app", "dispatcher"}, {"dry_run", true}})->as_array().size() == 1);
}
