#include "daemon/vault/services/revocation.hpp"

#include "daemon/vault/services/introspection.hpp"
#include "daemon/vault/store/revoked_tokens.hpp"
#include "tests/unit/vault/services/assertions.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";
const std::string other = "dispatcher/2@integration";
const std::string remote = "dispatcher/1@production";

struct Revoking : World {
    Revoking() {
        connected(name);
        connected(other);
        connected(remote, EnvironmentKind::upstream);
        bind(name);
        guard.user = "guard";
        guard.uid = 3000;
        NewBinding wanted;
        wanted.introspect = "integration";
        wanted.identity.user = guard.user;
        wanted.identity.uid = guard.uid;
        REQUIRE(run([&](Transaction& tx) { return add_binding(tx, admin, wanted, clock.now()); }));
    }
    std::string token(const std::string& connection = name) {
        TokenRequest request;
        request.connection = connection;
        auto decision = decide(request);
        REQUIRE(decision);
        return std::string{decision->token->access_token.reveal()};
    }
    Result<void> revoke(std::string_view text, const TokenRequest& client, const Peer& peer) {
        return run([&](Transaction& tx) { return revoke_token(tx, peer, client, text, clock.now()); });
    }
    Result<void> revoke(std::string_view text) { return revoke(text, in("integration"), program); }
    static TokenRequest in(const std::string& environment) {
        TokenRequest client;
        client.environment = environment;
        return client;
    }
    bool is_active(std::string_view text) {
        return run([&](Transaction& tx) { return introspect_token(tx, guard, "integration", text, clock.now()); })
            .value()
            .has_value();
    }
    std::int64_t rows() {
        return run([&](Transaction& tx) { return revoked_tokens::count(tx, id_in(tx)); });
    }
    static ConnectionId id_in(Transaction& tx) { return find_connection(tx, connection(name))->connection.id; }

    Peer guard;
};

}  // namespace

TEST_CASE("T-12: a revoked token is inactive, others are not; the epoch grows, so that no decision of before holds") {
    Revoking world;
    const auto first = world.token();
    const auto second = world.token();
    const auto epoch = world.store().epoch();
    REQUIRE(world.revoke(first));
    CHECK(world.store().epoch() == epoch + 1);
    CHECK_FALSE(world.is_active(first));
    CHECK(world.is_active(second));
    CHECK(world.revoke(first));  // once more: done, and nothing changes
    CHECK(world.store().epoch() == epoch + 1);
    CHECK(world.rows() == 1);
}

TEST_CASE("T-12: what is no token of this environment, or has ended, is no error and leaves nothing behind") {
    Revoking world;
    const auto token = world.token();
    const auto epoch = world.store().epoch();
    for (const auto* text : {"x", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30."}) CHECK(world.revoke(text));
    world.clock.advance(900s);
    CHECK(world.revoke(token));
    CHECK(world.store().epoch() == epoch);
}

TEST_CASE("T-12: the client is authenticated first; without a token it is told so") {
    Revoking world;
    const auto token = world.token();
    Peer stranger;
    stranger.uid = 4000;
    CHECK(world.revoke(token, Revoking::in("integration"), stranger).error().code == Errc::invalid_client);
    CHECK(world.revoke("", Revoking::in("integration"), stranger).error().code == Errc::invalid_client);
    CHECK(world.revoke("").error().code == Errc::invalid_request);
    // Who may introspect is no client.
    CHECK(world.revoke(token, Revoking::in("integration"), world.guard).error().code == Errc::invalid_client);
    CHECK(world.is_active(token));
}

TEST_CASE("T-12: another client's token is refused, and lives on") {
    Revoking world;
    const auto secret = world.generate(other);
    TokenRequest client = Revoking::in("integration");
    client.authentication = ClientAuthentication::post;
    const auto client_id = world.row(other).client_id;
    client.client_id = client_id;
    client.client_secret = secret->value.reveal();
    const auto token = world.token();
    const auto refused = world.revoke(token, client, world.program);
    CHECK(refused.error().code == Errc::unauthorized_client);
    CHECK(refused.error().what.find("dispatcher") == std::string::npos);
    CHECK(refused.error().operator_note.find(name) != std::string::npos);
    CHECK(world.is_active(token));
    // A bound process is the client of all that it is bound to, and of nothing else.
    world.bind(other);
    const auto theirs = world.token(other);
    CHECK(world.revoke(theirs, client, world.program));
    const auto again = world.token(other);
    CHECK(world.revoke(again));
    CHECK_FALSE(world.is_active(again));
}

TEST_CASE("T-12 T-18: a client with a key revokes by an assertion, which is good for one request, also a refused one") {
    Keyed world;
    const auto pair = generate_key_pair(SigningAlgorithm::eddsa);
    REQUIRE(world.add(pair));
    const auto token = [&] { return std::string{world.present(world.assertion(pair))->token->access_token.reveal()}; };
    const auto revoke = [&](const std::string& text, const std::string& assertion) {
        return world.outcome(
            world.worker, "token.revoke",
            {{"client",
              {{"environment", "integration"}, {"auth", {{"method", "assertion"}, {"client_assertion", assertion}}}}},
             {"token", text}});
    };
    const auto rows = [&] {
        return world.run([&](Transaction& tx) {
            return revoked_tokens::count(tx, find_connection(tx, World::connection(keyed))->connection.id);
        });
    };
    const auto first = world.assertion(pair);
    REQUIRE(revoke(token(), first)->done);
    CHECK(rows() == 1);
    CHECK(revoke(token(), first)->refused->code == Errc::invalid_client);
    const auto second = world.assertion(pair);
    CHECK(revoke("", second)->refused->code == Errc::invalid_request);
    CHECK(revoke(token(), second)->refused->code == Errc::invalid_client);
    CHECK(rows() == 1);
}

TEST_CASE("T-12: the tokens of a token endpoint elsewhere are unsupported_token_type, for who is authenticated") {
    Revoking world;
    Peer stranger;
    stranger.uid = 4000;
    CHECK(world.revoke("x", Revoking::in("production"), stranger).error().code == Errc::invalid_client);
    world.bind(remote);
    CHECK(world.revoke("x", Revoking::in("production"), world.program).error().code == Errc::unsupported_token_type);
}

TEST_CASE("T-12: a token of a disabled connection stays revoked when it is enabled again") {
    Revoking world;
    const auto token = world.token();
    const auto switched = [&](decltype(&disable_access) service) {
        REQUIRE(world.run([&](Transaction& tx) {
            return service(tx, world.admin, world.everything, World::connection(name), {}, world.clock.now());
        }));
    };
    switched(disable_access);
    REQUIRE(world.revoke(token));
    switched(enable_access);
    CHECK_FALSE(world.is_active(token));
}

TEST_CASE("T-12: rows go when their tokens have ended, by the store's time (T48)") {
    Revoking world;
    REQUIRE(world.revoke(world.token()));
    const auto forget = [&] {
        return world.run([&](Transaction& tx) { return forget_expired_revocations(tx, world.clock.now()); });
    };
    world.clock.advance(899s);
    CHECK_FALSE(forget());
    world.clock.wall -= 3600s;  // the wall clock alone is set back
    world.clock.boot += 1s;
    CHECK(forget());
    CHECK(world.rows() == 0);
    CHECK_FALSE(forget());
}

TEST_CASE("T-12: all that a connection has got ends at once, and what comes later lives") {
    Revoking world;
    const auto before = world.token();
    REQUIRE(world.revoke(world.token()));
    CHECK(world.rows() == 1);
    REQUIRE(world.run([&](Transaction& tx) {
        return revoke_all_tokens(tx, world.admin, World::connection(name), world.clock.now());
    }));
    CHECK_FALSE(world.is_active(before));
    CHECK(world.rows() == 0);
    CHECK(world.is_active(world.token()));
}
