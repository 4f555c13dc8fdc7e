#include "daemon/vault/services/guesses.hpp"

#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

TEST_CASE("threat: guessing (T16): from the third wrong one on everybody waits, longer each time") {
    HandClock clock;
    Guesses guesses;
    guesses.wrong(clock);
    guesses.wrong(clock);
    CHECK(guesses.allowed(clock));
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s}) {
        guesses.wrong(clock);
        const auto refused = guesses.allowed(clock);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::temporarily_unavailable);
        CHECK(refused.error().retry_after == pause.count());
        clock.advance(pause - 1s);
        CHECK_FALSE(guesses.allowed(clock));
        clock.advance(1s);
        CHECK(guesses.allowed(clock));
    }
    CHECK(guesses.right() == 13);
    CHECK(guesses.right() == 0);
    guesses.wrong(clock);
    CHECK(guesses.allowed(clock));
}
