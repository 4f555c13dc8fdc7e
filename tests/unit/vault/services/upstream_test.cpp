#include "daemon/vault/services/upstream.hpp"

#include <set>
#include <string>

#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

struct Tokens {
    Tokens() {
        connection.id = ConnectionId{"c"};
        secret.id = SecretId{"s"};
    }
    TokenKey key(const std::string& scopes = {}) const { return UpstreamTokens::token_key(connection, secret, scopes); }
    void hold(std::chrono::seconds life = 900s) { tokens.hold(key(), {SecretText{"t"}, "", life}, clock); }

    HandClock clock;
    UpstreamTokens tokens;
    Connection connection;
    Secret secret;
};

}  // namespace

TEST_CASE("P5: a token has passed when either clock says so (T48)") {
    Tokens world;
    const auto& [clock, tokens] = std::tie(world.clock, world.tokens);
    world.hold();
    clock.wall += 901s;
    CHECK(tokens.find(world.key().text(), clock) == nullptr);
    world.hold();
    clock.wall -= 24h;
    CHECK(tokens.find(world.key().text(), clock) != nullptr);
    clock.boot += 901s;
    CHECK(tokens.find(world.key().text(), clock) == nullptr);
}

TEST_CASE(
    "P17: a token in use is due when a third of its life is left, once in a while; one that is not used never is") {
    Tokens world;
    world.hold();
    world.clock.advance(599s);
    CHECK(world.tokens.due(world.clock, 10).empty());
    world.clock.advance(3s);
    CHECK(world.tokens.due(world.clock, 10).empty());  // nobody has used it
    world.tokens.note_use(world.key().text(), world.clock);
    CHECK(world.tokens.due(world.clock, 10) == std::vector{world.key()});
    CHECK(world.tokens.due(world.clock, 10).empty());
    world.clock.advance(15s);
    CHECK(world.tokens.due(world.clock, 10).size() == 1);
    world.clock.advance(300s);
    CHECK(world.tokens.due(world.clock, 10).empty());  // it has ended
}

TEST_CASE("P17: a token is replaced before less than the margin is left, by the time that a request takes") {
    Tokens world;
    world.hold();
    world.tokens.note_use(world.key().text(), world.clock);
    world.clock.advance(585s);
    CHECK(world.tokens.due(world.clock, 10).empty());
    world.clock.advance(6s);  // 309 s are left
    CHECK(world.tokens.due(world.clock, 10).size() == 1);
}

TEST_CASE("P17: tokens that stay due, as those of an endpoint that is down do, keep no other from its turn") {
    Tokens world;
    for (int i = 0; i < 10; ++i) {
        world.connection.id = ConnectionId{std::to_string(i)};
        world.hold();
        world.tokens.note_use(world.key().text(), world.clock);
    }
    world.clock.advance(602s);
    std::set<std::string> told;
    for (int turn = 0; turn < 5; ++turn) {
        for (const auto& key : world.tokens.due(world.clock, 2)) told.insert(key.text());
        world.clock.advance(15s);
    }
    CHECK(told.size() == 10);
}

TEST_CASE("what the front repeats is a use of what it was given") {
    Tokens world;
    world.hold();
    world.tokens.hold(world.key("tn.a.b:r"), {SecretText{"other"}, "", 900s}, world.clock);
    world.tokens.note_use(world.key().text(), world.clock);
    world.clock.advance(602s);
    world.tokens.note_repeated(world.connection.id, world.clock);
    CHECK(world.tokens.due(world.clock, 10) == std::vector{world.key()});
}

TEST_CASE("a use counts for one life of a token: two refreshes later nobody wanted it") {
    Tokens world;
    world.hold();
    world.tokens.note_use(world.key().text(), world.clock);
    world.clock.advance(602s);
    CHECK(world.tokens.due(world.clock, 10).size() == 1);
    world.hold();
    world.clock.advance(602s);
    CHECK(world.tokens.due(world.clock, 10).empty());
}

TEST_CASE("a connection is asked for with sixteen sets of scopes, and always for nothing particular") {
    Tokens world;
    for (int i = 0; i < 16; ++i) CHECK_FALSE(world.tokens.too_many_keys(world.key(std::to_string(i)), world.clock));
    CHECK(world.tokens.too_many_keys(world.key("one more"), world.clock) == 900s);
    CHECK_FALSE(world.tokens.too_many_keys(world.key("3"), world.clock));
    CHECK_FALSE(world.tokens.too_many_keys(world.key(), world.clock));
    world.clock.advance(901s);
    CHECK_FALSE(world.tokens.too_many_keys(world.key("one more"), world.clock));
}

TEST_CASE("T41: thousands of tokens are held without locked memory, sealed") {
    Tokens world;
    const std::string token(1500, 'x');
    for (int i = 0; i < 2000; ++i) {
        world.connection.id = ConnectionId{std::to_string(i)};
        world.tokens.hold(world.key(), {SecretText{token}, "", 900s}, world.clock);
    }
    const auto* held = world.tokens.find(world.key().text(), world.clock);
    REQUIRE(held != nullptr);
    CHECK(text_of(held->sealed).find("xxxx") == std::string_view::npos);
    CHECK(world.tokens.open(*held).reveal() == token);
}

TEST_CASE("what was refused is not asked again: 30 s, then longer, at most 5 minutes; a change forgets it") {
    HandClock clock;
    Refusals refusals;
    const auto refusal = refuse(Errc::invalid_client, "no", "");
    CHECK(refusals.note("s", "c", refusal, clock));
    CHECK(refusals.standing("s", clock)->code == Errc::invalid_client);
    clock.advance(30s);
    CHECK_FALSE(refusals.standing("s", clock));
    CHECK(refusals.find("s") != nullptr);
    for (int i = 0; i < 8; ++i) CHECK_FALSE(refusals.note("s", "c", refusal, clock));
    clock.advance(299s);
    CHECK(refusals.standing("s", clock));
    clock.advance(1s);
    CHECK_FALSE(refusals.standing("s", clock));
    refusals.forget_connection("c");
    CHECK(refusals.find("s") == nullptr);
}
