#include "daemon/vault/services/upstream.hpp"

#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

TEST_CASE("a failing endpoint cools down, longer each time, and is forgiven by one success") {
    HandClock clock;
    UpstreamTokens tokens;
    const EnvironmentId environment{"e"};
    const auto failure = refuse(Errc::temporarily_unavailable, "auth.example answered 500", "");
    CHECK_FALSE(tokens.cooling(environment, clock));
    tokens.note(environment, failure, clock);
    REQUIRE(tokens.cooling(environment, clock));
    CHECK(tokens.cooling(environment, clock)->retry_after.value() <= 2);
    for (int i = 0; i < 10; ++i) tokens.note(environment, failure, clock);
    CHECK(tokens.cooling(environment, clock)->retry_after.value() >= 30);
    clock.advance(120s);
    CHECK_FALSE(tokens.cooling(environment, clock));
    tokens.note(environment, std::nullopt, clock);
    CHECK(tokens.health(environment)->failures == 0);
}

TEST_CASE("a pair that the upstream refuses does not stop the other connections") {
    HandClock clock;
    UpstreamTokens tokens;
    tokens.note(EnvironmentId{"e"}, refuse(Errc::invalid_client, "no", ""), clock);
    CHECK_FALSE(tokens.cooling(EnvironmentId{"e"}, clock));
}

TEST_CASE("P5: a token has passed when either clock says so (T48)") {
    HandClock clock;
    UpstreamTokens tokens;
    Connection connection;
    connection.id = ConnectionId{"c"};
    const auto hold = [&] { tokens.put("k", connection, {SecretText{"t"}, "", 900s}, clock); };
    hold();
    clock.wall += 901s;
    CHECK(tokens.find("k", clock) == nullptr);
    hold();
    clock.wall -= 24h;
    CHECK(tokens.find("k", clock) != nullptr);
    clock.boot += 901s;
    CHECK(tokens.find("k", clock) == nullptr);
}
