#include "daemon/vault/services/environments.hpp"

#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/signing_keys.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

Result<Environment> create(World& world, const NewEnvironment& wanted) {
    return world.run([&](Transaction& tx) { return create_environment(tx, world.admin, wanted, world.clock.now()); });
}

NewEnvironment upstream(std::string endpoint) {
    NewEnvironment wanted;
    wanted.name = "production";
    wanted.kind = "upstream";
    wanted.token_endpoint = std::move(endpoint);
    return wanted;
}

}  // namespace

TEST_CASE("environment: a token endpoint is https, or http on loopback where that is allowed") {
    World world;
    for (const auto* bad : {"", "auth.example", "http://auth.example/token", "http://127.0.0.1:1/token",
                            "https://user@host/", "ftp://host/", "https://host/#x"}) {
        INFO(bad);
        CHECK_FALSE(create(world, upstream(bad)));
    }
    auto loopback = upstream("http://localhost:8080/token");
    loopback.allow_loopback_http = true;
    CHECK(create(world, loopback));
}

TEST_CASE("threat: a name that only begins like loopback is not loopback") {
    World world;
    auto wanted = upstream("http://localhost.example.com/token");
    wanted.allow_loopback_http = true;
    CHECK_FALSE(create(world, wanted));
    wanted.token_endpoint = "http://127.example.com/token";
    CHECK_FALSE(create(world, wanted));
}

TEST_CASE("environment: a host has nothing to decode in it; a path may") {
    World world;
    for (const auto* endpoint : {"https://%ff.example/token", "https://auth%2eexample/token"}) {
        const auto created = create(world, upstream(endpoint));
        REQUIRE_FALSE(created);
        CHECK(created.error().code == Errc::bad_input);
        CHECK(created.error().what == "the token endpoint's host has a % in it");
    }
    CHECK(create(world, upstream("https://auth.example/a%20token")));
}

TEST_CASE("environment: the presets fill endpoint, alias and claim check") {
    World world;
    NewEnvironment wanted;
    wanted.name = "integration";
    wanted.preset = "servicetitan-integration";
    const auto created = create(world, wanted);
    REQUIRE(created);
    CHECK(created->kind == EnvironmentKind::upstream);
    CHECK(created->token_endpoint == "https://auth-integration.servicetitan.io/connect/token");
    CHECK(created->host_aliases == std::vector<std::string>{"auth-integration.servicetitan.io"});
    CHECK(created->tenant_claim_required);
    CHECK(created->developer_access);
}

TEST_CASE("environment: host aliases are unique") {
    World world;
    auto first = upstream("https://a.example/token");
    first.host_aliases = {"auth.example"};
    REQUIRE(create(world, first));
    auto second = upstream("https://b.example/token");
    second.name = "other";
    second.host_aliases = {"AUTH.example"};
    const auto refused = create(world, second);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::already_exists);
}

TEST_CASE("environment: --if-not-exists succeeds only where the fields match") {
    World world;
    auto wanted = upstream("https://a.example/token");
    const auto first = create(world, wanted);
    REQUIRE(first);
    CHECK_FALSE(create(world, wanted));
    wanted.if_not_exists = true;
    const auto again = create(world, wanted);
    REQUIRE(again);
    CHECK(again->id == first->id);
    wanted.token_endpoint = "https://b.example/token";
    CHECK_FALSE(create(world, wanted));
}

TEST_CASE("S35: whether developers hold secrets, and the host aliases, can be changed; the rest stays") {
    Office office;
    auto wanted = upstream("https://a.example/token");
    wanted.host_aliases = {"auth.example"};
    const auto before = create(office, wanted);
    REQUIRE(before);
    CHECK_FALSE(before->developer_access);
    const auto edited = office.ask(
        office.operator_peer, "environment.edit",
        {{"environment", "production"}, {"developer_access", true}, {"host_aliases", json::array{"AUTH2.example"}}});
    REQUIRE(edited);
    CHECK(edited->at("developer_access").as_bool());
    CHECK(json::serialize(edited->at("host_aliases")) == R"(["auth2.example"])");
    const auto after = office.run([](Transaction& tx) { return find_environment(tx, "production"); });
    CHECK(after->token_endpoint == before->token_endpoint);
    CHECK(after->key_generation == before->key_generation);
    CHECK(office.audited("environment.edited").at(0).detail == "developer access: yes; host aliases: auth2.example");
}

TEST_CASE("environment edit: absent members stay, an empty list takes all aliases away, no difference is no change") {
    Office office;
    auto wanted = upstream("https://a.example/token");
    wanted.host_aliases = {"auth.example"};
    REQUIRE(create(office, wanted));
    const auto edit = [&](json::object body) {
        body["environment"] = "production";
        return office.ask(office.operator_peer, "environment.edit", body);
    };
    const auto epoch = office.store().epoch();
    CHECK(json::serialize(edit({{"developer_access", false}})->at("host_aliases")) == R"(["auth.example"])");
    CHECK(edit({}));
    CHECK(office.store().epoch() == epoch);
    CHECK(edit({{"host_aliases", json::array{}}})->at("host_aliases").as_array().empty());
    CHECK(office.store().epoch() == epoch + 1);
}

TEST_CASE(
    "environment edit: another environment's alias and what is no host are refused; nobody but an operator edits") {
    Office office;
    auto other = upstream("https://b.example/token");
    other.name = "other";
    other.host_aliases = {"taken.example"};
    REQUIRE(create(office, other));
    REQUIRE(create(office, upstream("https://a.example/token")));
    const auto edit = [&](const Peer& peer, const char* alias) {
        return office
            .ask(peer, "environment.edit", {{"environment", "production"}, {"host_aliases", json::array{alias}}})
            .error()
            .code;
    };
    CHECK(edit(office.operator_peer, "Taken.example") == Errc::already_exists);
    CHECK(edit(office.operator_peer, "https://x.example") == Errc::bad_input);
    CHECK(edit(office.operator_peer, "a\x1b.example") == Errc::bad_input);
    office.grant("developer", office.developer, {}, {});
    CHECK(edit(office.developer, "x.example") == Errc::forbidden);
    CHECK(office.ask(office.developer, "environment.show", {{"environment", "other"}})->at("connections").is_null());
}

TEST_CASE("environment delete: refused while a connection is connected; then all of it is gone, and its data key") {
    Office office;
    const std::string name = "dispatcher/1@sandbox";
    office.connected(name);
    office.connected("dispatcher/2@integration");
    const auto secret = office.generate(name);
    REQUIRE(secret);
    office.bind(name);
    office.bind("dispatcher/*@sandbox");
    office.grant("tenant-admin", office.tenant_admin, {}, "1@sandbox");
    office.grant("tenant-admin", office.tenant_admin, {}, "2@integration");
    office.use(name, "");
    office.room.upstream.put("held", office.row(name), {SecretText{"a.b.c"}, "", 900s}, office.clock);
    const auto environment = office.run([](Transaction& tx) { return environments::find(tx, "sandbox"); }).value();
    const auto client_id = office.row(name).client_id;
    const auto id = office.row(name).id;

    const json::object body{{"environment", "sandbox"}};
    const auto refused = office.ask(office.operator_peer, "environment.delete", body);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(refused.error().what == "1 connections of sandbox are connected: dispatcher/1@sandbox");
    CHECK(refused.error().next.find("jeton access disable --environment sandbox") != std::string::npos);
    CHECK(office.accepts(client_id, secret->value.reveal()));
    CHECK(office.ask(office.developer, "environment.delete", body).error().code == Errc::forbidden);

    REQUIRE(office.run([&](Transaction& tx) {
        return disable_access(tx, office.admin, office.everything, World::connection(name), Grounds{"over", {}},
                              office.clock.now());
    }));
    CHECK(office.stands_in_a_file(text_of(environment.wrapped_data_key)));
    json::object careful = body;
    careful["if_never_allowed"] = true;
    CHECK(office.ask(office.operator_peer, "environment.delete", careful).error().what ==
          "sandbox has dispatcher/1@sandbox, which its tenant allowed");
    const auto deleted = office.ask(office.operator_peer, "environment.delete", body);
    REQUIRE(deleted);
    CHECK(deleted->at("connections").as_int64() == 1);
    CHECK(deleted->at("tenants").as_int64() == 1);
    office.store().finish_destroying_keys();
    CHECK_FALSE(office.stands_in_a_file(text_of(environment.wrapped_data_key)));
    CHECK_FALSE(office.stands_in_a_file(client_id));
    CHECK_FALSE(office.accepts(client_id, secret->value.reveal()));
    CHECK(office.room.upstream.find("held", office.clock) == nullptr);
    office.run([&](Transaction& tx) {
        CHECK_FALSE(environments::find(tx, "sandbox"));
        CHECK(signing_keys::of(tx, environment.id).empty());
        CHECK(tenants::list(tx, environment.id).empty());
        CHECK(secrets::of(tx, id).empty());
        CHECK(bindings::list(tx).empty());
        CHECK(roles::list(tx).size() == 1);
        CHECK_FALSE(usage::last_of_connection(tx, id));
    });
    const auto told = office.audited("environment.deleted");
    REQUIRE(told.size() == 1);
    CHECK(told[0].detail ==
          "1 tenants, 1 connections, 1 secrets, 0 pairs, 0 tickets, 2 bindings, 1 roles; its data key");
    office.restart();
    CHECK(office.run([](Transaction& tx) { return audit::verify(tx); }));
    CHECK(office.row("dispatcher/2@integration").state == ConnectionState::connected);
    office.environment("sandbox");  // the name is free again, and nothing of before comes back
    CHECK_FALSE(office.accepts(client_id, secret->value.reveal()));
}

TEST_CASE("environment: the issuer of an upstream one is forgotten when that is said, and with its endpoint") {
    World world;
    const auto created = create(world, upstream("https://auth.example/token"));
    REQUIRE(created);
    const auto learn = [&](std::string_view destination) {
        world.run([&](Transaction& tx) {
            learn_issuer(tx, created->id, destination, "https://auth.example", world.clock.now());
        });
        return world.run([](Transaction& tx) { return find_environment(tx, "production"); })->issuer;
    };
    const auto edit = [&](const EnvironmentEdit& wanted) {
        return world.run([&](Transaction& tx) {
            return edit_environment(tx, world.admin, "production", wanted, world.clock.now());
        });
    };
    const auto destination = destination_of(*created);
    CHECK(learn("another").empty());
    CHECK(learn(destination) == "https://auth.example");
    // What is learned is nobody's wish: the same command makes it again, and other edits leave it.
    auto again = upstream("https://auth.example/token");
    again.if_not_exists = true;
    CHECK(create(world, again));
    EnvironmentEdit other;
    other.developer_access = true;
    CHECK(edit(other)->issuer == "https://auth.example");
    EnvironmentEdit forgetting;
    forgetting.forget_issuer = true;
    CHECK(edit(forgetting)->issuer.empty());
    CHECK(learn(destination) == "https://auth.example");
    EnvironmentEdit moved;
    moved.token_endpoint = "https://elsewhere.example/token";
    CHECK(edit(moved)->issuer.empty());
    CHECK(learn(destination).empty());
    world.environment("local");
    CHECK_FALSE(world.run(
        [&](Transaction& tx) { return edit_environment(tx, world.admin, "local", forgetting, world.clock.now()); }));
}
