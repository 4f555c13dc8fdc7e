#include "daemon/vault/services/pairs.hpp"

#include "daemon/vault/store/pairs.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string local = "dispatcher/1@integration";

struct Paired : Office {
    Paired() { connected(local); }

    Result<CreatedPair> create(const Identity& identity, std::optional<std::chrono::seconds> life = {},
                               const std::string& name = local) {
        return run(
            [&](Transaction& tx) { return create_pair(tx, admin, connection(name), identity, life, clock.now()); });
    }
    void for_worker(std::optional<std::chrono::seconds> life = {}) {
        Identity identity;
        identity.user = program.user;
        identity.uid = program.uid;
        auto created = create(identity, life);
        REQUIRE(created);
        pair = created->pair;
        value = std::string{created->value.reveal()};
    }
    bool works() { return accepts(pair.client_id, value); }
    std::string state() { return text_at(ask(admin, "pair.list")->as_array().at(0), "state"); }

    Pair pair;
    std::string value;
};

}  // namespace

TEST_CASE("S32 pair: a program presents it instead of a secret; it is worth nothing to another user") {
    Paired world;
    world.for_worker();
    CHECK(world.pair.client_id.starts_with("jid."));
    CHECK(world.pair.client_id != world.row(local).client_id);
    CHECK(world.value.starts_with("jcs."));
    CHECK(world.works());
    CHECK_FALSE(world.accepts(world.pair.client_id, world.value.substr(1)));
    CHECK_FALSE(world.accepts(world.row(local).client_id, world.value));
    world.program.uid = 2001;
    CHECK_FALSE(world.works());
}

TEST_CASE("S32 pair: of an upstream connection as well, so that no upstream secret stands in a program's settings") {
    Paired world;
    const std::string remote = "dispatcher/1@production";
    world.connected(remote, EnvironmentKind::upstream);
    Identity identity;
    identity.unit = "worker.service";
    const auto created = world.create(identity, {}, remote);
    REQUIRE(created);
    const auto is_right = [&](std::string_view value) {
        return world.run([&](Transaction& tx) { return is_right_secret(tx, created->pair, value); });
    };
    CHECK(is_right(created->value.reveal()));
    CHECK_FALSE(is_right("jcs.x"));
    SUBCASE("S37: and the portal's pair is not mistaken for it") {
        const auto refused = world.import_pair(remote, {created->pair.client_id, created->value.reveal(), {}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().what == "this is a local pair, which jeton made for a program of this host");
    }
}

TEST_CASE("T9 pair: it is worth nothing in a container, whoever its user is there") {
    Paired world;
    world.for_worker();
    world.program.foreign = true;
    CHECK_FALSE(world.works());
    world.program.foreign = false;
    CHECK(world.works());
}

TEST_CASE("S6 pair: only of a connection that was allowed; a paused one may have some, and serves none") {
    Paired world;
    world.listed("dispatcher/2@integration");
    Identity identity;
    identity.user = "worker";
    identity.uid = 2000;
    const auto refused = world.create(identity, {}, "dispatcher/2@integration");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what == "dispatcher/2@integration: Not Connected Yet");
    REQUIRE(world.ask_about(world.admin, "access.disable", local));
    world.for_worker();
    CHECK_FALSE(world.works());
    REQUIRE(world.ask_about(world.admin, "access.enable", local));
    CHECK(world.works());
}

TEST_CASE("pair: for a user, a group or a unit, and for nobody else") {
    Paired world;
    CHECK(world.create({}).error().code == Errc::bad_input);
    Identity dynamic;
    dynamic.uid = 61184;
    CHECK(world.create(dynamic).error().code == Errc::bad_input);
    Identity no_unit;
    no_unit.unit = "worker";
    CHECK(world.create(no_unit).error().code == Errc::bad_input);
    Identity both;
    both.group = "workers";
    both.gid = 3000;
    both.unit = "worker.service";
    const auto created = world.create(both);
    REQUIRE(created);
    const auto accepts = [&] { return world.accepts(created->pair.client_id, created->value.reveal()); };
    world.program.groups = {{3000, "workers"}};
    CHECK_FALSE(accepts());
    world.program.unit = "worker.service";
    CHECK(accepts());
    world.program.groups.clear();
    CHECK_FALSE(accepts());
}

TEST_CASE("pair: it works to its last second; a restart or a clock set back prolongs nothing (T48)") {
    Paired world;
    world.for_worker(1h);
    world.clock.advance(1h - 1s);
    world.restart();
    CHECK(world.works());
    CHECK(world.state() == "active");
    world.clock.advance(1s);
    CHECK_FALSE(world.works());
    world.tenant("2@integration");
    world.clock.wall -= 1h;
    CHECK_FALSE(world.works());
    world.restart();
    CHECK_FALSE(world.works());
    CHECK(world.state() == "expired");
}

TEST_CASE("pair: revoked at once, and its row stays") {
    Paired world;
    world.for_worker();
    const auto revoked = world.ask(world.operator_peer, "pair.revoke", {{"client_id", world.pair.client_id}});
    REQUIRE(revoked);
    CHECK(text_at(*revoked, "state") == "revoked");
    CHECK_FALSE(world.works());
    CHECK(world.state() == "revoked");
    world.restart();
    CHECK_FALSE(world.works());
    CHECK(world.ask(world.admin, "pair.revoke", {{"client_id", world.pair.client_id}}).error().code ==
          Errc::wrong_state);
    const auto unknown = world.ask(world.admin, "pair.revoke", {{"client_id", world.value}});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == Errc::not_found);
    CHECK((unknown.error().what + unknown.error().next).find(world.value) == std::string::npos);
}

TEST_CASE("S17 pair: its secret is shown once; listings know its prefix, its owner and its last use") {
    Paired world;
    const auto answer = world.ask_about(world.operator_peer, "pair.create", local,
                                        {{"user", "worker"}, {"user_id", 2000}, {"expires_in", 3600}});
    REQUIRE(answer);
    const auto value = text_at(*answer, "client_secret");
    const auto client_id = text_at(*answer, "client_id");
    world.use(local, client_id);
    const auto list = world.ask(world.admin, "pair.list", {{"connection", local}})->as_array();
    REQUIRE(list.size() == 1);
    const auto& row = list[0];
    CHECK(text_at(row, "client_id") == client_id);
    CHECK(text_at(row, "prefix") == value.substr(0, secret_prefix_size));
    CHECK(text_at(row, "connection") == local);
    CHECK(text_at(row, "user") == "worker");
    CHECK(row.at("user_id").as_int64() == 2000);
    CHECK(row.at("group").is_null());
    CHECK(row.at("unit").is_null());
    CHECK(text_at(row, "expires_at") == rfc3339(world.clock.now() + 1h));
    CHECK(text_at(row, "created_by") == "root");
    CHECK(text_at(row, "last_used_at") == rfc3339(world.clock.now()));
    CHECK(text_at(row, "last_used_by") == "worker");
    CHECK(json::serialize(row).find(value.substr(secret_prefix_size)) == std::string::npos);
    CHECK_FALSE(world.stands_in_a_file(value.substr(secret_prefix_size)));
}

TEST_CASE("pair: made and revoked by operators, read by auditors too, and audited") {
    Paired world;
    const auto auditor = Office::person(2005, "ada");
    world.grant("auditor", auditor, {}, {});
    world.grant("developer", world.developer, "dispatcher", {});
    world.for_worker();
    CHECK(world.ask(auditor, "pair.list")->as_array().size() == 1);
    for (const auto& peer : {auditor, world.developer, world.worker}) {
        INFO(peer.user);
        CHECK_FALSE(world.ask_about(peer, "pair.create", local, {{"user", "worker"}, {"user_id", 2000}}));
        CHECK_FALSE(world.ask(peer, "pair.revoke", {{"client_id", world.pair.client_id}}));
    }
    REQUIRE(world.ask(world.operator_peer, "pair.revoke", {{"client_id", world.pair.client_id}}));
    for (const auto* event : {"pair.created", "pair.revoked"}) {
        INFO(event);
        const auto entries = world.audited(event);
        REQUIRE(entries.size() == 1);
        CHECK(entries[0].subject == world.pair.client_id);
        CHECK(entries[0].connection == local);
        CHECK(entries[0].tenant == "1@integration");
        CHECK(entries[0].detail == "for user worker");
    }
}

TEST_CASE("S4 pair: it is one of its own environment and connection alone") {
    Paired world;
    world.connected("dispatcher/1@other");
    world.connected("dispatcher/2@integration");
    world.for_worker();
    TokenRequest request;
    request.authentication = ClientAuthentication::post;
    request.client_id = world.pair.client_id;
    request.client_secret = world.value;
    request.connection = "dispatcher/2@integration";
    CHECK(world.decide(request).error().code == Errc::invalid_client);
    request.connection.reset();
    request.environment = "other";
    CHECK(world.decide(request).error().code == Errc::invalid_client);
    request.environment = "integration";
    CHECK(world.decide(request));
}
