#include "daemon/vault/services/app_tenants.hpp"

#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

Result<FoundConnection> add(World& world, const std::string& text, const std::string& note = "",
                            bool if_not_exists = false) {
    return world.run([&](Transaction& tx) {
        return add_tenant(tx, world.admin, World::connection(text), note, if_not_exists, world.clock.now());
    });
}

Result<RemovedTenant> remove(World& world, const std::string& text) {
    return world.run(
        [&](Transaction& tx) { return remove_tenant(tx, world.admin, World::connection(text), world.clock.now()); });
}

bool exists(World& world, const std::string& text) {
    return world.run([&](Transaction& tx) { return find_connection(tx, World::connection(text)); }).has_value();
}

}  // namespace

TEST_CASE("S14, S19: a listed tenant is not connected yet; one that is not known is refused") {
    World world;
    world.listed(name);
    CHECK(world.row(name).state == ConnectionState::not_connected);
    CHECK(world.row(name).client_id.empty());
    const auto unknown = add(world, "dispatcher/2@integration");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().next.ends_with("jeton tenant create 2@integration --name NAME"));
}

TEST_CASE("S14: a tenant is listed once; with the same note that is no refusal where it was asked so") {
    World world;
    world.listed(name);
    CHECK(add(world, name).error().code == Errc::already_exists);
    CHECK(add(world, name, "", true));
    CHECK(add(world, name, "another note", true).error().code == Errc::already_exists);
}

TEST_CASE("S14: a note has at most 4000 characters, and they print (T23)") {
    World world;
    world.environment("integration");
    world.tenant("1@integration");
    world.tenant("2@integration");
    world.app("dispatcher");
    CHECK(add(world, name, std::string(4001, 'x')).error().what == "note has 4001 characters");
    for (const auto* bad : {"a\nb", "a\x1b[2J", "a\xe2\x80\xae", "a\xe2\x80\xa8", "\xff"}) {
        CHECK(add(world, name, bad).error().code == Errc::bad_input);
    }
    CHECK_FALSE(exists(world, name));
    CHECK(add(world, name, std::string(4000, 'x')));
}

TEST_CASE("S36: a tenant without an environment is one of integration") {
    Office office;
    office.environment("integration");
    office.app("dispatcher");
    REQUIRE(office.ask(office.operator_peer, "tenant.create", {{"tenant", "1"}, {"name", "Customer"}}));
    const auto added = office.ask(office.operator_peer, "app.tenant.add", {{"app", "dispatcher"}, {"tenant", "1"}});
    REQUIRE(added);
    CHECK(text_at(*added, "connection") == name);
}

TEST_CASE("S10: an app lists at most 2000 tenants") {
    World world;
    world.listed("dispatcher/0@integration");
    const auto first = world.row("dispatcher/0@integration");
    world.run([&](Transaction& tx) {  // add_tenant counts what is there each time: rows are quicker
        for (int i = 1; i < 2000; ++i) {
            const Tenant tenant{TenantId::fresh(), first.environment, std::to_string(i), "C", world.clock.now()};
            auto connection = first;
            connection.id = ConnectionId::fresh();
            connection.tenant = tenant.id;
            tx.insert(tenant);
            tx.insert(connection);
        }
        record(tx, world.admin, {.event = "app.tenant_added", .subject = "dispatcher"}, world.clock.now());
    });
    world.tenant("2000@integration");
    const auto refused = add(world, "dispatcher/2000@integration");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    REQUIRE(world.allow("dispatcher/7@integration"));
    REQUIRE(remove(world, "dispatcher/7@integration"));
    CHECK(add(world, "dispatcher/2000@integration"));
    CHECK(add(world, "dispatcher/7@integration").error().code == Errc::wrong_state);  // kept, but off the list
}

TEST_CASE("S14: what was never connected is erased when it goes, with what hangs on it") {
    Office office;
    office.listed(name);
    office.bind(name);
    const auto id = office.row(name).id;
    const auto removed = office.ask_about(office.operator_peer, "app.tenant.remove", name);
    REQUIRE(removed);
    CHECK(removed->at("state").is_null());
    CHECK_FALSE(exists(office, name));
    CHECK(office.run([&](Transaction& tx) { return bindings::of_connection(tx, id); }).empty());
    CHECK(remove(office, name).error().code == Errc::not_found);
}

TEST_CASE("S14: a connected tenant that goes is paused and kept; it must be listed again and enabled by its admin") {
    Office office;
    office.connected(name);
    REQUIRE(office.generate(name));
    office.grant("developer", office.developer, "dispatcher", {});
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    const auto before = office.row(name);
    office.room.upstream.put("held", before, {SecretText{"a.b.c"}, "", 900s}, office.clock);
    const auto removed = office.ask_about(office.developer, "app.tenant.remove", name);
    REQUIRE(removed);
    CHECK(office.room.upstream.find("held", office.clock) == nullptr);
    CHECK(text_at(*removed, "message").ends_with("end by " + rfc3339(office.clock.now() + 900s) + "."));
    CHECK(text_at(*removed, "state") == "disabled");
    const auto gone = office.row(name);
    CHECK_FALSE(gone.listed);
    CHECK(gone.state == ConnectionState::disabled);
    CHECK(gone.tenant_pause_by == "dora");
    CHECK(gone.tenant_pause_reason == "the developer removed the tenant");
    CHECK(office.ask_about(office.developer, "app.tenant.remove", name).error().code == Errc::wrong_state);

    const auto early = office.ask_about(office.tenant_admin, "access.enable", name);
    REQUIRE_FALSE(early);
    CHECK(early.error().code == Errc::wrong_state);
    CHECK(early.error().next.ends_with("jeton app tenant add dispatcher 1@integration"));
    CHECK_FALSE(office.ask_about(office.operator_peer, "access.enable", name));

    REQUIRE(office.ask(office.developer, "app.tenant.add", {{"app", "dispatcher"}, {"tenant", "1@integration"}}));
    CHECK(office.row(name).listed);
    CHECK(office.row(name).state == ConnectionState::disabled);
    CHECK(office.ask_about(office.developer, "access.enable", name).error().code == Errc::forbidden);
    REQUIRE(office.ask_about(office.tenant_admin, "access.enable", name));
    const auto after = office.row(name);
    CHECK(after.state == ConnectionState::connected);
    CHECK(after.id == before.id);
    CHECK(after.client_id == before.client_id);
    CHECK(after.accepted_version == before.accepted_version);
    CHECK(after.tenant_pause_by.empty());
    CHECK(office.run([&](Transaction& tx) { return !active_secrets(tx, after).empty(); }));
}

TEST_CASE("S14: the answer says until when an upstream token lives that was handed out before") {
    Office office;
    const std::string remote = "dispatcher/1@production";
    office.connected(remote, EnvironmentKind::upstream);
    const auto secret = office.import_pair(remote, {"cid.aaaa", "cs1.bbbbbbbbbbbbbbbbbbbb", {}});
    REQUIRE(secret);
    const auto key = UpstreamTokens::token_key(office.row(remote), *secret, "");
    office.room.upstream.hold(key, {SecretText{"a.b.c"}, "", 24h}, office.clock);
    const auto removed = office.ask_about(office.operator_peer, "app.tenant.remove", remote);
    REQUIRE(removed);
    CHECK(text_at(*removed, "message").ends_with("end by " + rfc3339(office.clock.now() + 24h) + "."));
    CHECK(office.room.upstream.find(key.text(), office.clock) == nullptr);
}

TEST_CASE("S14: the tenant's own pause keeps its words when the developer removes it") {
    Office office;
    office.connected(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    REQUIRE(office.ask_about(office.tenant_admin, "access.disable", name, {{"reason", "holiday"}}));
    REQUIRE(remove(office, name));
    CHECK(office.row(name).tenant_pause_by == "tina");
    CHECK(office.row(name).tenant_pause_reason == "holiday");
}

TEST_CASE("S14, S48: an operator's pause outlives being taken off the list and listed again") {
    Office office;
    office.connected(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    REQUIRE(office.ask_about(office.operator_peer, "access.disable", name, {{"reason", "incident 7"}}));
    REQUIRE(remove(office, name));
    REQUIRE(add(office, name));
    REQUIRE(office.ask_about(office.tenant_admin, "access.enable", name));
    CHECK(office.row(name).state == ConnectionState::disabled);
    CHECK(office.row(name).operator_pause_reason == "incident 7");
    REQUIRE(office.ask_about(office.operator_peer, "access.enable", name));
    CHECK(office.row(name).state == ConnectionState::connected);
}

TEST_CASE("S14: listed again, an older note stays unless there is a new one") {
    World world;
    world.connected(name);
    const auto relist = [&](const std::string& note) {
        REQUIRE(remove(world, name));
        REQUIRE(add(world, name, note));
        const auto row = world.row(name);
        REQUIRE(world.run([&](Transaction& tx) {
            return enable_access(tx, world.admin, world.everything, World::connection(name), {}, world.clock.now());
        }));
        return row.note;
    };
    CHECK(relist("first") == "first");
    CHECK(relist("") == "first");
    CHECK(relist("second") == "second");
}

TEST_CASE("S14: the note is the developer's to see, not the tenant's") {
    Office office;
    office.environment("integration");
    office.tenant("1@integration");
    office.app("dispatcher");
    REQUIRE(add(office, name, "pays late"));
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    CHECK(office.ask_about(office.tenant_admin, "connection.show", name)->at("note").is_null());
    CHECK(text_at(*office.ask_about(office.operator_peer, "connection.show", name), "note") == "pays late");
}
