// T48: what is granted for a while ends then, whatever happens to the wall clock.
#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/issuer/jwt.hpp"
#include "daemon/vault/services/introspection.hpp"
#include "daemon/vault/services/pairs.hpp"
#include "daemon/vault/services/rotation.hpp"
#include "daemon/vault/services/tickets.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";
constexpr auto ten_years = std::chrono::seconds{24h * 3650};

/// One of each that ends, an hour after it was granted.
struct Lent : Office {
    Lent() {
        connected(name);
        old_value = std::string{generate(name)->value.reveal()};
        client_id = row(name).client_id;
        guard = person(3000, "guard");
        NewBinding introspector;
        introspector.introspect = "integration";
        introspector.identity = identity(guard);
        REQUIRE(run([&](Transaction& tx) { return add_binding(tx, admin, introspector, clock.now()); }));
    }
    void lend() {
        REQUIRE(run([&](Transaction& tx) { return rotate_secret(tx, admin, connection(name), 1h, clock.now()); }));
        NewTicket wanted;
        wanted.connection = connection(name);
        wanted.user = worker.user;
        wanted.uid = worker.uid;
        wanted.life = 1h;
        wanted.act = TicketAct::rotate;
        ticket = std::string{
            run([&](Transaction& tx) { return create_ticket(tx, admin, wanted, clock.now()); })->text.reveal()};
        auto made = run([&](Transaction& tx) {
            return create_pair(tx, admin, connection(name), identity(worker), std::chrono::seconds{1h}, clock.now());
        });
        REQUIRE(made);
        pair_id = made->pair.client_id;
        pair_secret = std::string{made->value.reveal()};
        NewBinding bound;
        bound.connection = name;
        bound.identity = identity(worker);
        bound.life = 1h;
        REQUIRE(run([&](Transaction& tx) { return add_binding(tx, admin, bound, clock.now()); }));
        WantedRole role{"auditor", {}, {}, identity(worker)};
        REQUIRE(
            run([&](Transaction& tx) { return grant_role(tx, admin, role, std::chrono::seconds{1h}, clock.now()); }));
    }
    static Identity identity(const Peer& peer) {
        Identity identity;
        identity.user = peer.user;
        identity.uid = peer.uid;
        return identity;
    }
    bool binding_holds() {
        TokenRequest request;
        request.connection = name;
        return decide(request).has_value();
    }
    /// All of them, or none: one that differs from the others fails the test.
    void all_hold(bool hold) {
        CHECK(accepts(client_id, old_value) == hold);
        CHECK(accepts(pair_id, pair_secret) == hold);
        CHECK(binding_holds() == hold);
        CHECK(ask(worker, "audit.verify").has_value() == hold);
        const auto states = ask(admin, "ticket.list", {{"connection", name}})->as_array();
        CHECK(text_at(states.at(states.size() - 1), "state") == (hold ? "open" : "expired"));
    }
    std::string token() {
        TokenRequest request;
        request.authentication = ClientAuthentication::post;
        request.client_id = client_id;
        request.client_secret = old_value;
        return std::string{decide(request)->token->access_token.reveal()};
    }
    bool is_active(std::string_view text) {
        return run([&](Transaction& tx) { return introspect_token(tx, guard, "integration", text, clock.now()); })
            .value()
            .has_value();
    }

    std::string client_id, old_value, ticket, pair_id, pair_secret;
    Peer guard;
};

}  // namespace

TEST_CASE(
    "T48: within one running vault, a clock that is set back prolongs no overlap, ticket, pair, binding or role") {
    for (const auto step : {std::chrono::seconds{1s}, std::chrono::seconds{1h}, ten_years}) {
        Lent world;
        world.lend();
        world.clock.advance(30min);
        world.clock.wall -= step;  // nothing is committed from here on
        world.all_hold(true);
        world.clock.advance(30min - 1s);
        world.all_hold(true);
        world.clock.advance(1s);
        world.all_hold(false);
        world.clock.wall -= step;
        world.all_hold(false);
    }
}

TEST_CASE("T48: a host that sleeps wakes to what has ended meanwhile") {
    Lent world;
    world.lend();
    world.clock.boot += 1h;  // the wall clock is set a moment later
    world.all_hold(false);
}

TEST_CASE("T48: a clock that is years ahead for a moment ends what there was, for good, and nothing that comes later") {
    Lent world;
    world.lend();
    world.clock.wall += ten_years;
    world.all_hold(false);
    world.clock.wall -= ten_years;
    world.all_hold(false);
    Lent later;
    later.clock.wall += ten_years;
    later.tenant("2@integration");
    later.clock.wall -= ten_years;
    later.lend();
    later.all_hold(true);
    later.clock.advance(1h - 1s);
    later.all_hold(true);
    later.clock.advance(1s);
    later.all_hold(false);
}

TEST_CASE("T48: a host that begins in 1970 grants and ends by the store's time") {
    Lent world;
    world.clock.wall = UtcSeconds{std::chrono::seconds{600}};
    world.restart();
    world.lend();
    world.all_hold(true);
    world.clock.advance(1h);
    world.all_hold(false);
}

TEST_CASE("T48: a local token expires at most its life after the wall time of its issue, and is over by either clock") {
    const auto expiry = [](std::string_view token) {
        return UtcSeconds{std::chrono::seconds{parse_jwt(token)->claims.at("exp").as_int64()}};
    };
    for (const auto step : {std::chrono::seconds{1h}, ten_years}) {
        Lent world;
        const auto before = world.token();
        world.clock.wall -= step;
        CHECK(world.is_active(before));
        const auto token = world.token();
        CHECK(expiry(token) == world.clock.wall + local_token_life);
        CHECK(world.is_active(token));
        world.clock.advance(local_token_life - 1s);
        CHECK(world.is_active(token));
        world.clock.advance(1s);
        CHECK_FALSE(world.is_active(token));
        CHECK_FALSE(world.is_active(before));
        // Forward: over at once, and still over when the clock is put right.
        const auto next = world.token();
        world.clock.wall += step + local_token_life;
        CHECK_FALSE(world.is_active(next));
        world.clock.wall -= step + local_token_life;
        CHECK_FALSE(world.is_active(next));
        CHECK(world.is_active(world.token()));
    }
}
