#include "daemon/vault/services/identify.hpp"

#include "daemon/vault/services/pairs.hpp"
#include "daemon/vault/services/tickets.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string local = "dispatcher/1@integration";
const std::string remote = "dispatcher/1@production";

struct Finder : Office {
    Finder() {
        connected(local);
        grant("developer", developer, "dispatcher", {});
        grant("tenant-admin", tenant_admin, {}, "1@integration");
        tenant("9@integration");
        grant("tenant-admin", stranger, {}, "9@integration");
    }
    json::value identify(const Peer& peer, std::string_view value) {
        const auto answer = ask(peer, "secret.identify", {{"value", value}});
        REQUIRE(answer);
        CHECK(json::serialize(*answer).find(value) == std::string::npos);
        return *answer;
    }
    std::string kind(const Peer& peer, std::string_view value) { return text_at(identify(peer, value), "kind"); }
    std::string secret_of(const std::string& name) { return std::string{generate(name).value().value.reveal()}; }

    Peer stranger = person(2019, "sam");
};

}  // namespace

TEST_CASE("identify: a client secret, with what to do where it leaked") {
    Finder world;
    const auto value = world.secret_of(local);
    const auto prefix = value.substr(0, secret_prefix_size);
    world.use(local, prefix);
    const auto found = world.identify(world.developer, " " + value + "\n");
    CHECK(text_at(found, "kind") == "client-secret");
    CHECK(found.at("valid_checksum").as_bool());
    CHECK(text_at(found, "connection") == local);
    CHECK(text_at(found, "prefix") == prefix);
    CHECK(text_at(found, "state") == "active");
    CHECK(text_at(found, "created_at") == rfc3339(world.clock.now()));
    CHECK(text_at(found, "last_used_by") == "worker");
    CHECK(text_at(found, "message") == "If it leaked: jeton secret rotate " + local + " --now");
    SUBCASE("one that may not rotate is told whom to ask") {
        CHECK(text_at(world.identify(world.tenant_admin, value), "message") ==
              "If it leaked: ask the developer of dispatcher");
    }
    SUBCASE("paused: it can be deactivated") {
        REQUIRE(world.ask_about(world.admin, "access.disable", local));
        CHECK(text_at(world.identify(world.admin, value), "message") ==
              "If it leaked: jeton secret deactivate " + local + " " + prefix);
    }
    SUBCASE("deactivated") {
        REQUIRE(world.ask_about(world.admin, "secret.deactivate", local, {{"prefix", prefix}}));
        const auto gone = world.identify(world.admin, value);
        CHECK(text_at(gone, "state") == "deactivated");
        CHECK(text_at(gone, "message") == "It is deactivated: nothing is left to do.");
    }
    SUBCASE("at the end of its overlap") {
        REQUIRE(world.ask_about(world.admin, "secret.rotate", local, {{"overlap", 3600}}));
        CHECK(text_at(world.identify(world.admin, value), "state") == "active");
        world.clock.advance(1h);
        CHECK(text_at(world.identify(world.admin, value), "state") == "deactivated");
    }
}

TEST_CASE(
    "identify: an upstream secret has to be replaced at its portal; where two rows hold it, the active one counts") {
    Finder world;
    world.connected(remote, EnvironmentKind::upstream);
    const std::string value = "cs1.bbbbbbbbbbbbbbbbbbbb";
    const auto import = [&] { REQUIRE(world.import_pair(remote, {"cid.aaaa", value, {}})); };
    import();
    REQUIRE(world.ask_about(world.admin, "secret.deactivate", remote, {{"prefix", "cs1.bbbb"}}));
    const auto gone = world.identify(world.admin, value);
    CHECK(text_at(gone, "state") == "deactivated");
    CHECK(text_at(gone, "message").find("still works at its issuer") != std::string::npos);
    import();
    const auto found = world.identify(world.admin, value);
    CHECK(text_at(found, "state") == "active");
    CHECK(found.at("valid_checksum").is_null());
    CHECK(text_at(found, "message").find("jeton secret import " + remote + " --client-id cid.aaaa --now") !=
          std::string::npos);
    REQUIRE(world.import_pair(remote, {"cid.aaaa", value, 3600s}));
    REQUIRE(world.ask_about(world.admin, "secret.rollback", remote));
    CHECK(text_at(world.identify(world.admin, value), "state") == "active");
    CHECK(world.kind(world.admin, value + "x") == "unknown");
}

TEST_CASE("identify: a pair of a network of tenants is told with all that it serves") {
    Finder world;
    for (const std::string tenant : {"1", "2"}) {
        const auto connection = "dispatcher/" + tenant + "@production";
        world.connected(connection, EnvironmentKind::upstream);
        ImportedPair pair{"cid.network", "cs1.bbbbbbbbbbbbbbbbbbbb", {}};
        pair.form_fields = std::vector<FormField>{{"tenant", tenant}};
        REQUIRE(world.import_pair(connection, pair));
    }
    const auto* all = "2 connections: dispatcher/1@production, dispatcher/2@production.";
    CHECK(text_at(world.identify(world.admin, "cs1.bbbbbbbbbbbbbbbbbbbb"), "message").contains(all));
    CHECK(text_at(world.identify(world.admin, "cid.network"), "message").contains(all));
}

TEST_CASE("identify: a local pair's secret, client IDs, an app key, a ticket") {
    Finder world;
    Identity identity;
    identity.user = "worker";
    identity.uid = 2000;
    const auto pair = world.run([&](Transaction& tx) {
        return create_pair(tx, world.admin, World::connection(local), identity, 3600s, world.clock.now());
    });
    REQUIRE(pair);
    const auto of_pair = world.identify(world.operator_peer, pair->value.reveal());
    CHECK(text_at(of_pair, "kind") == "local-pair-secret");
    CHECK(text_at(of_pair, "prefix") == pair->pair.prefix);
    CHECK(text_at(of_pair, "state") == "active");
    CHECK(text_at(of_pair, "message").find("jeton pair revoke " + pair->pair.client_id) != std::string::npos);
    CHECK(world.kind(world.operator_peer, pair->pair.client_id) == "client-id");

    const auto client_id = world.identify(world.tenant_admin, world.row(local).client_id);
    CHECK(text_at(client_id, "kind") == "client-id");
    CHECK(text_at(client_id, "connection") == local);
    CHECK(text_at(client_id, "state") == "connected");
    CHECK(client_id.at("prefix").is_null());

    const auto key = world.run([&](Transaction& tx) { return find_app(tx, "dispatcher"); })->app_key;
    CHECK(world.kind(world.developer, key) == "app-key");
    CHECK(world.kind(world.stranger, key) == "unknown");

    const auto ticket =
        world.ask_about(world.admin, "secret.generate", local, {{"ticket_for", "worker"}, {"ticket_for_id", 2000}});
    REQUIRE(ticket);
    const auto of_ticket = world.identify(world.developer, text_at(*ticket, "ticket"));
    CHECK(text_at(of_ticket, "kind") == "ticket");
    CHECK(text_at(of_ticket, "state") == "open");
    CHECK(text_at(of_ticket, "message").find("jeton ticket revoke " + text_at(*ticket, "id")) != std::string::npos);

    world.clock.advance(24h);
    CHECK(text_at(world.identify(world.admin, pair->value.reveal()), "state") == "expired");
    CHECK(text_at(world.identify(world.admin, text_at(*ticket, "ticket")), "state") == "expired");
}

TEST_CASE("S27 identify: what is not yours to see is answered like what does not exist") {
    Finder world;
    const auto value = world.secret_of(local);
    const auto absent = generate_client_secret();
    CHECK(world.identify(world.stranger, value) == world.identify(world.stranger, absent.reveal()));
    CHECK(world.identify(world.stranger, world.row(local).client_id) ==
          world.identify(world.stranger, generate_client_id()));
    CHECK(world.ask(world.worker, "secret.identify", {{"value", value}}).error().code == Errc::forbidden);
}

TEST_CASE("identify: a value of jeton with a typing error is told by its checksum") {
    Finder world;
    auto value = world.secret_of(local);
    value.back() = value.back() == 'a' ? 'b' : 'a';
    const auto mistyped = world.identify(world.admin, value);
    CHECK(text_at(mistyped, "kind") == "unknown");
    CHECK_FALSE(mistyped.at("valid_checksum").as_bool());
    CHECK(text_at(mistyped, "message").find("mistyped") != std::string::npos);
    CHECK(mistyped.at("prefix").is_null());
    CHECK(world.identify(world.admin, "hunter2").at("valid_checksum").is_null());
    CHECK(world.kind(world.admin, "    x") == "unknown");
    CHECK(world.ask(world.admin, "secret.identify", {{"value", ""}})->at("kind") == "unknown");
}
