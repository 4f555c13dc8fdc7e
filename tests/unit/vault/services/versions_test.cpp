#include "daemon/vault/services/versions.hpp"

#include "daemon/vault/store/secrets.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

using Scopes = std::vector<std::string>;
const std::string name = "dispatcher/1@integration";

/// The world's app asks for tn.crm.customers:r and tn.jpm.jobs:w.
Result<PublishedVersion> publish(World& world, const Scopes& add, const Scopes& remove) {
    return world.run([&](Transaction& tx) {
        return publish_version(tx, world.admin, "dispatcher", add, remove, world.clock.now());
    });
}

}  // namespace

TEST_CASE("S38: adding and removing scopes makes the next version, sorted, with who and when") {
    World world;
    world.app("dispatcher");
    const auto published = publish(world, {"tn.acc.invoices:r", "tn.acc.invoices:r"}, {"tn.jpm.jobs:w"});
    REQUIRE(published);
    CHECK(published->version.number == 2);
    CHECK(published->version.scopes == Scopes{"tn.acc.invoices:r", "tn.crm.customers:r"});
    CHECK(published->version.created_by == "alice");
    CHECK(published->version.created_at == world.clock.now());
    CHECK(published->change.added == Scopes{"tn.acc.invoices:r"});
    CHECK(published->change.removed == Scopes{"tn.jpm.jobs:w"});
    CHECK(world.run([](Transaction& tx) { return find_app(tx, "dispatcher"); }).value().current_version == 2);
}

TEST_CASE("S38: what is no change is refused, and no version is made") {
    World world;
    world.app("dispatcher");
    const auto refused = [&](const Scopes& add, const Scopes& remove, Errc code, const std::string& what) {
        const auto published = publish(world, add, remove);
        REQUIRE_FALSE(published);
        CHECK(published.error().code == code);
        CHECK(published.error().what == what);
    };
    refused({}, {}, Errc::bad_input, "no scope is added or removed");
    refused({"tn.crm.customers:r"}, {}, Errc::wrong_state, "version 1 of dispatcher has tn.crm.customers:r already");
    refused({}, {"tn.acc.invoices:r"}, Errc::wrong_state, "version 1 of dispatcher has no tn.acc.invoices:r");
    refused({"tn.acc.invoices:r"}, {"tn.acc.invoices:r"}, Errc::bad_input,
            "tn.acc.invoices:r is both added and removed");
    refused({}, {"tn.crm.customers:r", "tn.jpm.jobs:w"}, Errc::bad_input, "API Scopes are not selected");
    refused({"tn.no.such:r"}, {}, Errc::bad_input, "the scope tn.no.such:r is not in the catalogue");
    CHECK(world.run([](Transaction& tx) { return find_app(tx, "dispatcher"); }).value().current_version == 1);
}

TEST_CASE("S38: the history is newest first, with what came and went, and how many tenants are on it") {
    Office office;
    office.connected(name);
    office.listed("dispatcher/2@integration");
    REQUIRE(publish(office, {"tn.acc.invoices:r"}, {"tn.jpm.jobs:w"}));
    office.listed("dispatcher/3@integration");
    REQUIRE(office.allow("dispatcher/3@integration", 2));
    const auto versions = office.ask(office.operator_peer, "app.versions", {{"app", "dispatcher"}});
    REQUIRE(versions);
    const auto& list = versions->as_array();
    REQUIRE(list.size() == 2);
    CHECK(list[0].at("version").as_int64() == 2);
    CHECK(list[0].at("current").as_bool());
    CHECK(list[0].at("connections").as_int64() == 1);
    CHECK(text_at(list[0].at("added").at(0), "name") == "tn.acc.invoices:r");
    CHECK(text_at(list[0].at("added").at(0), "display_name") == "Invoices");
    CHECK(text_at(list[0].at("removed").at(0), "access") == "w");
    CHECK(list[1].at("version").as_int64() == 1);
    CHECK_FALSE(list[1].at("current").as_bool());
    CHECK(list[1].at("connections").as_int64() == 1);
    CHECK(list[1].at("added").as_array().empty());
}

TEST_CASE("S38: publishing is audited with its signs, and changes no connection") {
    Office office;
    office.connected(name);
    const auto before = office.row(name);
    REQUIRE(publish(office, {"tn.acc.invoices:r"}, {"tn.jpm.jobs:w"}));
    const auto entries = office.audited("app.published");
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].detail == "version 2: +tn.acc.invoices:r -tn.jpm.jobs:w");
    CHECK(office.row(name).accepted_version == before.accepted_version);
}

TEST_CASE("S39, S40, S43: an older version shows the tag and its difference; declined, it stays as it is") {
    Office office;
    office.connected(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    CHECK_FALSE(office.ask_about(office.tenant_admin, "connection.show", name)->at("new_version_available").as_bool());
    REQUIRE(publish(office, {"tn.acc.invoices:r"}, {"tn.jpm.jobs:w"}));
    const auto shown = office.ask_about(office.tenant_admin, "connection.show", name);
    CHECK(shown->at("new_version_available").as_bool());
    CHECK(text_at(*shown, "status") == "New Version Available");
    const auto review = office.ask_about(office.tenant_admin, "access.review", name);
    CHECK(review->at("accepted_version").as_int64() == 1);
    CHECK(review->at("offered_version").as_int64() == 2);
    CHECK(text_at(review->at("added").at(0), "name") == "tn.acc.invoices:r");
    CHECK(text_at(review->at("removed").at(0), "name") == "tn.jpm.jobs:w");
    const auto declined = office.ask_about(office.tenant_admin, "access.decline", name);
    REQUIRE(declined);
    CHECK(text_at(*declined, "message") == "Declined: dispatcher/1@integration stays on version 1.");
    CHECK(office.row(name).accepted_version == 1);
    CHECK(office.ask_about(office.tenant_admin, "connection.show", name)->at("new_version_available").as_bool());
}

TEST_CASE("S42, S44: an upgrade keeps client ID and secrets") {
    World world;
    world.connected(name);
    REQUIRE(world.generate(name));
    const auto before = world.row(name);
    REQUIRE(publish(world, {"tn.acc.invoices:r"}, {}));
    const auto upgraded = world.allow(name, 2);
    REQUIRE(upgraded);
    CHECK(upgraded->message == "dispatcher/1@integration was upgraded to version 2.");
    CHECK_FALSE(upgraded->client_secret);
    const auto after = world.row(name);
    CHECK(after.accepted_version == 2);
    CHECK(after.client_id == before.client_id);
    CHECK(after.token_generation == before.token_generation);
    CHECK(world.run([&](Transaction& tx) { return secrets::of(tx, after.id).size(); }) == 1);
}

TEST_CASE("S42, S43, S44: the same pair works all along; the new version's scopes come with Allow and not before it") {
    Office office;
    office.connected(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    const auto secret = office.generate(name);
    REQUIRE(secret);
    const auto client_id = office.row(name).client_id;
    const auto scope_now = [&](const std::string& asked = "") {
        TokenRequest request;
        request.authentication = ClientAuthentication::post;
        request.client_id = client_id;
        request.client_secret = secret->value.reveal();
        if (!asked.empty()) request.scope = asked;
        const auto decision = office.decide(request);
        return decision ? decision->token->scope : std::string{"refused"};
    };
    const std::string old_scopes = "tn.crm.customers:r tn.jpm.jobs:w";
    CHECK(scope_now() == old_scopes);
    REQUIRE(publish(office, {"tn.acc.invoices:r"}, {"tn.jpm.jobs:w"}));
    CHECK(scope_now() == old_scopes);
    CHECK(scope_now("tn.acc.invoices:r") == "refused");
    REQUIRE(office.ask_about(office.tenant_admin, "access.decline", name));
    CHECK(scope_now() == old_scopes);

    const auto row = office.row(name);
    office.room.upstream.put("of version 1", row, {SecretText{"a.b.c"}, "", 900s}, office.clock);
    REQUIRE(office.ask_about(office.tenant_admin, "access.allow", name, {{"version", 2}}));
    CHECK(scope_now() == "tn.acc.invoices:r tn.crm.customers:r");
    CHECK(scope_now("tn.jpm.jobs:w") == "refused");
    CHECK(office.room.upstream.find("of version 1", office.clock) == nullptr);
    CHECK(office.audited("access.upgraded").size() == 1);
}

TEST_CASE("S43: who was off two versions ago upgrades at once, and sees the difference to what it accepted") {
    Office office;
    office.connected(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    REQUIRE(publish(office, {"tn.acc.invoices:r"}, {}));
    REQUIRE(publish(office, {"tn.tsm.tasks:w"}, {"tn.acc.invoices:r"}));
    const auto review = office.ask_about(office.tenant_admin, "access.review", name);
    REQUIRE(review);
    CHECK(review->at("added").as_array().size() == 1);
    CHECK(text_at(review->at("added").at(0), "name") == "tn.tsm.tasks:w");
    CHECK(review->at("removed").as_array().empty());
    REQUIRE(office.ask_about(office.tenant_admin, "access.allow", name, {{"version", 3}}));
    CHECK(office.row(name).accepted_version == 3);
}

TEST_CASE("S38: the history is read page by page, newest first, also beyond nine versions") {
    Office office;
    office.app("dispatcher");
    for (int i = 0; i < 5; ++i) {
        REQUIRE(publish(office, {"tn.acc.invoices:r"}, {}));
        REQUIRE(publish(office, {}, {"tn.acc.invoices:r"}));
    }
    std::vector<std::int64_t> seen;
    const auto listed = office.ask(office.operator_peer, "app.versions", {{"app", "dispatcher"}, {"limit", 4}});
    for (const auto& one : listed->as_array()) seen.push_back(one.at("version").as_int64());
    CHECK(seen == std::vector<std::int64_t>{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
}

TEST_CASE("T23: a wrong scope is repeated escaped and cut, not as it came") {
    World world;
    world.app("dispatcher");
    for (const auto& published : {publish(world, {"a\x1b[2J" + std::string(5000, 'x')}, {}),
                                  publish(world, {}, {"a\x1b[2J" + std::string(5000, 'x')})}) {
        REQUIRE_FALSE(published);
        CHECK(published.error().what.find('\x1b') == std::string::npos);
        CHECK(published.error().what.size() < 300);
        CHECK(published.error().next.find('\x1b') == std::string::npos);
    }
}
