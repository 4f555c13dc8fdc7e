#include "daemon/vault/services/apps.hpp"

#include <boost/json/value_from.hpp>

#include "daemon/vault/services/pairs.hpp"
#include "daemon/vault/services/tickets.hpp"
#include "daemon/vault/services/versions.hpp"
#include "daemon/vault/store/app_versions.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/tickets.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string connection = "dispatcher/1@integration";

Result<AppWithVersion> create(World& world, const NewApp& wanted) {
    return world.run(
        [&](Transaction& tx) { return create_app(tx, world.admin, world.everything, wanted, world.clock.now()); });
}

NewApp good() { return {"dispatcher", "Acme", "https://acme.example", "developer", {"tn.crm.customers:r"}, {}, false}; }

json::object body_of(const NewApp& app) {
    return {{"app", app.name},
            {"organization", app.organization},
            {"homepage", app.homepage},
            {"credentials", app.credentials},
            {"scopes", json::value_from(app.scopes)}};
}

Result<EditedApp> edit(World& world, const AppEdit& wanted) {
    return world.run(
        [&](Transaction& tx) { return edit_app(tx, world.admin, "dispatcher", wanted, world.clock.now()); });
}

}  // namespace

TEST_CASE("S9: a new app has an app key, a GUID and version 1") {
    World world;
    const auto app = create(world, good());
    REQUIRE(app);
    CHECK(app->version.number == 1);
    CHECK(app->app.app_key.starts_with("jak."));
    CHECK(parse_guid(app->app.external_data_guid));
    CHECK(app->version.created_by == "alice");
}

TEST_CASE("S9: an app key and a GUID may be given; a bad GUID is refused") {
    World world;
    auto wanted = good();
    wanted.app_key = " ak1.fromtheportal\n";
    wanted.external_data_guid = "6F9619FF-8B86-D011-B42D-00CF4FC964FF";
    const auto app = create(world, wanted);
    REQUIRE(app);
    CHECK(app->app.app_key == "ak1.fromtheportal");
    CHECK(app->app.external_data_guid == "6f9619ff-8b86-d011-b42d-00cf4fc964ff");
    wanted.name = "other";
    wanted.external_data_guid = "no guid";
    CHECK(create(world, wanted).error().what == "External Data Application GUID is not valid");
}

TEST_CASE("S10: each bad field has its own message, and nothing is stored") {
    World world;
    const auto refused = [&](auto change, const std::string& message) {
        auto wanted = good();
        change(wanted);
        const auto app = create(world, wanted);
        REQUIRE_FALSE(app);
        CHECK(app.error().what == message);
        CHECK_FALSE(world.run([](Transaction& tx) { return find_app(tx, "dispatcher"); }));
    };
    refused([](NewApp& app) { app.name = ""; }, "Application name is empty");
    refused([](NewApp& app) { app.organization = ""; }, "Organization is empty");
    refused([](NewApp& app) { app.organization = std::string(121, 'x'); }, "organization has 121 characters");
    refused([](NewApp& app) { app.homepage = "acme"; }, "Url is not valid");
    refused([](NewApp& app) { app.homepage = "https://a.example/" + std::string(250, 'x'); },
            "homepage has 268 characters");
    refused([](NewApp& app) { app.scopes.clear(); }, "API Scopes are not selected");
    refused([](NewApp& app) { app.credentials = "nobody"; }, "nobody is named who configures the credentials");
    refused([](NewApp& app) { app.app_key = "a\nb"; }, "app key holds characters that do not print or are no UTF-8");
    refused([](NewApp& app) { app.homepage = "https://a.example/\xe2\x80\xae"; },
            "homepage holds characters that do not print or are no UTF-8");
    refused([](NewApp& app) { app.organization = "a\x1b[2J"; },
            "organization holds characters that do not print or are no UTF-8");
}

TEST_CASE("S7, S9: a developer who creates an app becomes its developer, an operator does not") {
    Office office;
    office.grant("developer", office.developer, {}, {});
    const auto created = office.ask(office.developer, "app.create", body_of(good()));
    REQUIRE(created);
    CHECK(text_at(*created, "app_key").starts_with("jak."));
    CHECK(office.ask(office.developer, "app.show", {{"app", "dispatcher"}}));
    CHECK(office.ask(office.developer, "app.edit", {{"app", "dispatcher"}, {"organization", "Acme Inc"}}));
    const auto granted = office.audited("role.granted");
    REQUIRE_FALSE(granted.empty());
    CHECK(granted.back().actor_user == "dora");
    CHECK(granted.back().subject == "developer dispatcher for user dora");

    auto other = body_of(good());
    other["app"] = "other";
    REQUIRE(office.ask(office.operator_peer, "app.create", other));
    CHECK(office.run([](Transaction& tx) { return roles::list(tx).size(); }) == 2);
    CHECK(office.ask(office.developer, "app.show", {{"app", "other"}}).error().code == Errc::not_found);
}

TEST_CASE("S7: who is a developer for some time only is the developer of what it creates no longer than that") {
    Office office;
    WantedRole wanted{"developer", {}, {}, {}};
    wanted.identity.user = office.developer.user;
    wanted.identity.uid = office.developer.uid;
    REQUIRE(office.run([&](Transaction& tx) { return grant_role(tx, office.admin, wanted, 60s, office.clock.now()); }));
    office.clock.advance(20s);
    REQUIRE(office.ask(office.developer, "app.create", body_of(good())));
    office.clock.advance(39s);
    CHECK(office.ask(office.developer, "app.show", {{"app", "dispatcher"}}));
    office.clock.advance(1s);
    CHECK(office.ask(office.developer, "app.show", {{"app", "dispatcher"}}).error().code == Errc::forbidden);
    CHECK(office.ask(office.operator_peer, "app.show", {{"app", "dispatcher"}}));
}

TEST_CASE("T11: a uid that systemd hands out and takes back creates no app: tomorrow it is somebody else") {
    Office office;
    const auto service = Office::person(61500, "dynamic");
    Standing developer;
    developer.may_create_apps = true;
    const auto created =
        office.run([&](Transaction& tx) { return create_app(tx, service, developer, good(), office.clock.now()); });
    REQUIRE_FALSE(created);
    CHECK_FALSE(office.run([](Transaction& tx) { return find_app(tx, "dispatcher"); }));
}

TEST_CASE("S8: the list holds one's own apps only, and none for a tenant's admin") {
    Office office;
    office.connected(connection);
    office.app("other");
    office.grant("developer", office.developer, "dispatcher", {});
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    const auto names = [&](const Peer& peer) {
        std::vector<std::string> list;
        const auto answered = office.ask(peer, "app.list");
        REQUIRE(answered);
        for (const auto& app : answered->as_array()) list.push_back(text_at(app, "app"));
        return list;
    };
    CHECK(names(office.developer) == std::vector<std::string>{"dispatcher"});
    CHECK(names(office.operator_peer) == std::vector<std::string>{"dispatcher", "other"});
    CHECK(names(office.tenant_admin).empty());
}

TEST_CASE("an auditor reads apps but no app key") {
    Office office;
    office.app("dispatcher");
    const auto auditor = Office::person(2005, "otto");
    office.grant("auditor", auditor, {}, {});
    office.grant("developer", auditor, {}, {});
    CHECK(office.ask(auditor, "app.show", {{"app", "dispatcher"}})->at("app_key").is_null());
    CHECK(office.ask(auditor, "app.list")->as_array().at(0).at("app_key").is_null());
    auto again = body_of(
        {"dispatcher", "Acme", "https://acme.example", "developer", {"tn.crm.customers:r", "tn.jpm.jobs:w"}, {}, true});
    again["if_not_exists"] = true;
    CHECK(office.ask(auditor, "app.create", again)->at("app_key").is_null());
    CHECK(office.ask(office.operator_peer, "app.show", {{"app", "dispatcher"}})->at("app_key").is_string());
}

TEST_CASE("app create: --if-not-exists succeeds only where the fields match and the app is one's own to see") {
    World world;
    auto wanted = good();
    REQUIRE(create(world, wanted));
    CHECK(create(world, wanted).error().code == Errc::already_exists);
    wanted.if_not_exists = true;
    CHECK(create(world, wanted));
    Standing stranger;
    stranger.may_create_apps = true;
    const auto hidden =
        world.run([&](Transaction& tx) { return create_app(tx, world.program, stranger, wanted, world.clock.now()); });
    REQUIRE_FALSE(hidden);
    CHECK(hidden.error().next == "choose another name");
    wanted.organization = "Other";
    CHECK_FALSE(create(world, wanted));
}

TEST_CASE("S13: another mode of credentials touches no pair, secret or version") {
    World world;
    world.connected(connection);
    REQUIRE(world.generate(connection));
    const auto before = world.row(connection);
    const auto edited = edit(world, {.organization = {}, .homepage = {}, .credentials = "tenant"});
    REQUIRE(edited);
    CHECK(edited->changed == std::vector<std::string>{"credentials"});
    CHECK(edited->app.current_version == 1);
    const auto after = world.row(connection);
    CHECK(after.client_id == before.client_id);
    CHECK(after.accepted_version == before.accepted_version);
    CHECK(after.token_generation == before.token_generation);
    CHECK(world.run([&](Transaction& tx) { return !active_secrets(tx, after).empty(); }));
}

TEST_CASE("S10: an edit has the portal's message for each field; what is not different is no change") {
    World world;
    REQUIRE(create(world, good()));
    CHECK(edit(world, {.organization = "", .homepage = {}, .credentials = {}}).error().what == "Organization is empty");
    CHECK(edit(world, {.organization = {}, .homepage = "acme", .credentials = {}}).error().what == "Url is not valid");
    CHECK(edit(world, {.organization = {}, .homepage = {}, .credentials = "x"}).error().code == Errc::bad_input);
    CHECK(edit(world, {.organization = "a\xe2\x80\xae", .homepage = {}, .credentials = {}}).error().code ==
          Errc::bad_input);
    const auto epoch = world.store().epoch();
    const auto same = edit(world, {.organization = "Acme", .homepage = {}, .credentials = "developer"});
    REQUIRE(same);
    CHECK(same->changed.empty());
    CHECK(world.store().epoch() == epoch);
    const auto both = edit(world, {.organization = "Acme Inc", .homepage = "https://b.example", .credentials = {}});
    CHECK(both->changed == std::vector<std::string>{"organization", "homepage"});
    CHECK(world.store().epoch() == epoch + 1);
}

TEST_CASE("app delete: connections, secrets, bindings, roles and versions die, the neighbour lives, one entry tells") {
    Office office;
    office.connected(connection);
    office.connected("dispatcher/2@integration");
    office.connected("other/1@integration");
    REQUIRE(office.generate(connection));
    office.bind(connection);
    office.bind("dispatcher/*@integration");
    office.bind("other/1@integration");
    office.grant("developer", office.developer, "dispatcher", {});
    office.use(connection, "");
    Identity program;
    program.user = office.program.user;
    program.uid = office.program.uid;
    const auto pair = office.run([&](Transaction& tx) {
        return create_pair(tx, office.admin, World::connection(connection), program, {}, office.clock.now());
    });
    REQUIRE(pair);
    NewTicket hand_off;
    hand_off.connection = World::connection(connection);
    hand_off.user = office.program.user;
    hand_off.uid = office.program.uid;
    REQUIRE(office.run([&](Transaction& tx) { return create_ticket(tx, office.admin, hand_off, office.clock.now()); }));
    CHECK(office.accepts(pair->pair.client_id, pair->value.reveal()));
    const auto row = office.row(connection);
    office.room.upstream.put("held", row, {SecretText{"a.b.c"}, "", 900s}, office.clock);
    const auto id = office.row(connection).id;
    const auto app = office.run([](Transaction& tx) { return find_app(tx, "dispatcher"); }).value().id;

    const auto kept = office.ask(office.developer, "app.delete", {{"app", "dispatcher"}, {"if_never_allowed", true}});
    CHECK(kept.error().code == Errc::wrong_state);
    CHECK(kept.error().what.starts_with("dispatcher has dispatcher/"));
    const auto deleted = office.ask(office.developer, "app.delete", {{"app", "dispatcher"}});
    REQUIRE(deleted);
    CHECK(deleted->at("connections").as_int64() == 2);
    office.run([&](Transaction& tx) {
        CHECK_FALSE(find_app(tx, "dispatcher"));
        CHECK_FALSE(find_connection(tx, World::connection(connection)));
        CHECK(app_versions::of(tx, app).empty());
        CHECK(secrets::of(tx, id).empty());
        CHECK(pairs::list(tx).empty());
        CHECK(tickets::list(tx).empty());
        CHECK(bindings::of_connection(tx, id).empty());
        CHECK(bindings::of_app(tx, app).empty());
        CHECK(bindings::list(tx).size() == 1);
        CHECK(roles::of_app(tx, app).empty());
        CHECK_FALSE(usage::last_of_connection(tx, id));
    });
    CHECK_FALSE(office.accepts(pair->pair.client_id, pair->value.reveal()));
    CHECK(office.room.upstream.find("held", office.clock) == nullptr);
    CHECK(office.row("other/1@integration").state == ConnectionState::connected);
    const auto told = office.audited("app.deleted");
    REQUIRE(told.size() == 1);
    CHECK(told[0].detail == "1 versions, 2 connections, 1 secrets, 1 pairs, 1 tickets, 2 bindings, 1 roles");
    office.restart();
    CHECK(office.run([](Transaction& tx) { return audit::verify(tx); }));
    office.app("dispatcher");  // the name is free again, and nothing of before comes back
    CHECK(office.ask(office.developer, "app.show", {{"app", "dispatcher"}}).error().code == Errc::forbidden);
}
