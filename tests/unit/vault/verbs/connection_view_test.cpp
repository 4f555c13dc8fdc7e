#include "daemon/vault/verbs/connection_view.hpp"

#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

struct Cells {
    std::string client_id;
    std::string client_secret;
    std::string status;
    std::string hint;
};

Cells cells_of(Office& office, const std::string& connection = name) {
    const auto row = office.ask_about(office.operator_peer, "connection.show", connection);
    REQUIRE(row);
    const auto& hint = row->at("hint");
    return {text_at(*row, "client_id_cell"), text_at(*row, "client_secret_cell"), text_at(*row, "status"),
            hint.is_null() ? "" : std::string{hint.as_string()}};
}

std::string prefix_of(Office& office) { return office.generate(name).value().secret.prefix; }

}  // namespace

TEST_CASE("S16, S19, S20: not connected yet, and whom to ask") {
    Office office;
    office.listed(name);
    const auto cells = cells_of(office);
    CHECK(cells.client_id == "Not connected yet");
    CHECK(cells.client_secret == "Not connected yet");
    CHECK(cells.status == "Not Connected Yet");
    CHECK(cells.hint ==
          "Please contact your Tenant Admin (1) and ask that they connect to your app: jeton access "
          "review dispatcher/1@integration");
}

TEST_CASE("S16: paused, the client ID stays and the secrets are hidden, in either mode") {
    for (const auto* mode : {"developer", "tenant"}) {
        Office office;
        office.listed(name, EnvironmentKind::local, mode);
        REQUIRE(office.allow(name));
        (void)prefix_of(office);
        REQUIRE(office.ask_about(office.operator_peer, "access.disable", name));
        const auto cells = cells_of(office);
        CHECK(cells.client_id == office.row(name).client_id);
        CHECK(cells.client_secret == "Not available yet");
        CHECK(cells.status == "Disabled");
        CHECK(cells.hint == "Paused. To restore access: jeton access enable dispatcher/1@integration");
        CHECK(office.ask_about(office.operator_peer, "connection.show", name)->at("secrets").as_array().empty());
    }
}

TEST_CASE("S16: connected without a secret, the developer generates, or the tenant has not yet") {
    Office developer;
    developer.connected(name);
    CHECK(cells_of(developer).client_id.starts_with("jid."));
    CHECK(cells_of(developer).client_secret == "Generate");
    CHECK(cells_of(developer).hint == "jeton secret generate dispatcher/1@integration");

    Office tenant;
    tenant.listed(name, EnvironmentKind::local, "tenant");
    const auto allowed = tenant.allow(name);
    REQUIRE(allowed);
    const std::string prefix{allowed->client_secret->reveal().substr(0, 8)};
    REQUIRE(tenant.ask_about(tenant.operator_peer, "secret.deactivate", name, {{"prefix", prefix}}));
    CHECK(cells_of(tenant).client_secret == "Not available yet");
    CHECK(cells_of(tenant).status == "Connected");
}

TEST_CASE("S16, S17: one or two secrets by their prefixes; the developer manages them") {
    Office office;
    office.connected(name);
    const auto first = prefix_of(office);
    CHECK(cells_of(office).client_secret == first + "... Manage");
    const auto second = prefix_of(office);
    CHECK(cells_of(office).client_secret == first + "... " + second + "... Manage");
    CHECK(cells_of(office).hint.empty());
    REQUIRE(office.ask(office.operator_peer, "app.edit", {{"app", "dispatcher"}, {"credentials", "tenant"}}));
    CHECK(cells_of(office).client_secret == first + "... " + second + "...");
}

TEST_CASE("S16, S37: an upstream connection without a pair says Import") {
    Office office;
    office.connected(name, EnvironmentKind::upstream);
    const auto cells = cells_of(office);
    CHECK(cells.client_secret == "Import");
    CHECK(cells.hint == "jeton secret import dispatcher/1@integration --client-id ID");
    CHECK(office.ask_about(office.operator_peer, "connection.show", name)->at("client_id").is_null());
}

TEST_CASE("S39: an older version is tagged, and the upgrade is offered") {
    Office office;
    office.connected(name);
    (void)prefix_of(office);
    REQUIRE(office.ask(office.operator_peer, "app.publish",
                       {{"app", "dispatcher"}, {"add", json::array{"tn.acc.invoices:r"}}}));
    const auto cells = cells_of(office);
    CHECK(cells.status == "New Version Available");
    CHECK(cells.hint == "Upgrade to New Version: jeton access review dispatcher/1@integration");
    const auto row = office.ask_about(office.operator_peer, "connection.show", name);
    CHECK(row->at("version").as_int64() == 1);
    CHECK(row->at("current_version").as_int64() == 2);
}

TEST_CASE("S14, S16: off the app's list, the way back is told") {
    Office office;
    office.connected(name);
    REQUIRE(office.ask_about(office.operator_peer, "app.tenant.remove", name));
    const auto cells = cells_of(office);
    CHECK(cells.status == "Disabled");
    CHECK(cells.hint ==
          "Off the app's list. To restore access: jeton app tenant add dispatcher 1@integration, then "
          "jeton access enable dispatcher/1@integration");
    CHECK_FALSE(office.ask_about(office.operator_peer, "connection.show", name)->at("listed").as_bool());
}

TEST_CASE("S16: the three listings have the same row; connection show adds scopes, bindings and pairs") {
    Office office;
    office.connected(name);
    office.bind(name);
    office.bind("dispatcher/*@integration");
    office.use(name, "");
    const auto of_app = office.ask(office.operator_peer, "app.connections", {{"app", "dispatcher"}})->at(0);
    const auto of_all = office.ask(office.operator_peer, "connection.list")->at(0);
    CHECK(of_app == of_all);
    CHECK(text_at(of_app, "last_used_by") == "worker");
    CHECK(text_at(of_app, "last_used_at") == rfc3339(office.clock.now()));
    const auto shown = office.ask_about(office.operator_peer, "connection.show", name);
    for (const auto& member : of_app.as_object()) CHECK(shown->at(member.key()) == member.value());
    CHECK(shown->at("scopes").as_array().size() == 2);
    CHECK(shown->at("bindings").as_array().size() == 2);
    CHECK(shown->at("pairs").as_array().empty());
}

TEST_CASE("S17: no listing holds a secret") {
    Office office;
    office.connected(name);
    const auto made = office.generate(name);
    REQUIRE(made);
    for (const auto* verb : {"connection.list", "access.list", "app.list"}) {
        const auto answered = office.ask(office.operator_peer, verb);
        REQUIRE(answered);
        CHECK_FALSE(json::serialize(*answered).contains(made->value.reveal()));
    }
    CHECK_FALSE(json::serialize(*office.ask_about(office.operator_peer, "connection.show", name))
                    .contains(made->value.reveal()));
}

TEST_CASE("S16: the version is the accepted one, or what the app offers; allowed is what is connected") {
    Office office;
    office.connected(name);
    REQUIRE(office.ask(office.operator_peer, "app.publish",
                       {{"app", "dispatcher"}, {"add", json::array{"tn.acc.invoices:r"}}}));
    office.listed("dispatcher/2@integration");
    const auto rows = office.ask(office.operator_peer, "app.connections", {{"app", "dispatcher"}});
    REQUIRE(rows);
    REQUIRE(rows->as_array().size() == 2);
    CHECK(rows->at(0).at("version").as_int64() == 1);
    CHECK(rows->at(0).at("allowed").as_bool());
    CHECK(rows->at(1).at("version").as_int64() == 2);
    CHECK_FALSE(rows->at(1).at("allowed").as_bool());
    CHECK_FALSE(rows->at(1).at("new_version_available").as_bool());
    CHECK(rows->at(1).at("consent").is_null());
    REQUIRE(office.ask_about(office.operator_peer, "access.disable", name));
    CHECK_FALSE(office.ask_about(office.operator_peer, "connection.show", name)->at("allowed").as_bool());
    CHECK(office.ask_about(office.operator_peer, "connection.show", name)->at("new_version_available").as_bool());
}

TEST_CASE("S16: an auditor reads the table as it is, and no app key beside it") {
    Office office;
    office.connected(name);
    const auto auditor = Office::person(2005, "otto");
    office.grant("auditor", auditor, {}, {});
    const auto theirs = office.ask(auditor, "app.connections", {{"app", "dispatcher"}});
    REQUIRE(theirs);
    CHECK(*theirs == *office.ask(office.operator_peer, "app.connections", {{"app", "dispatcher"}}));
    CHECK(theirs->at(0).as_object().if_contains("app_key") == nullptr);
    CHECK(office.ask(auditor, "app.show", {{"app", "dispatcher"}})->at("app_key").is_null());
}

TEST_CASE("S22: how many connections an environment has is for who sees them all") {
    Office office;
    office.connected(name);
    office.connected("dispatcher/2@integration");
    const auto auditor = Office::person(2005, "otto");
    office.grant("auditor", auditor, {}, {});
    office.grant("developer", office.developer, "dispatcher", {});
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    const auto count = [&](const Peer& peer) {
        const auto shown = office.ask(peer, "environment.show", {{"environment", "integration"}});
        const auto listed = office.ask(peer, "environment.list");
        REQUIRE(shown);
        REQUIRE(listed);
        auto row = shown->as_object();
        CHECK(row.erase("signing_keys") == 1);  // the listing names no keys
        CHECK(listed->at(0) == row);
        const auto& connections = shown->at("connections");
        return connections.is_null() ? -1 : connections.to_number<int>();
    };
    CHECK(count(office.operator_peer) == 2);
    CHECK(count(auditor) == 2);
    CHECK(count(office.developer) == -1);
    CHECK(count(office.tenant_admin) == -1);
}
