#include "daemon/front/routes/client_throttle.hpp"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

using namespace std::chrono_literals;

constexpr int at_once = static_cast<int>(ClientThrottle::credit / ClientThrottle::cost);
constexpr BootTime now = 1h;

}  // namespace

TEST_CASE("T-2: sixty wrong secrets of one user for one client ID, then one each second") {
    ClientThrottle throttle;
    const auto guess = ClientThrottle::of(1000, "jid.victim");
    for (int i = 0; i < at_once; ++i) {
        CHECK_FALSE(throttle.refusal(guess, now).has_value());
        throttle.failed(guess, now);
    }
    const auto refused = throttle.refusal(guess, now);
    REQUIRE(refused.has_value());
    CHECK(refused->code == Errc::too_many_requests);
    CHECK(refused->retry_after == 1);
    CHECK_FALSE(throttle.refusal(guess, now + 1s).has_value());
    throttle.failed(guess, now + 1s);
    CHECK(throttle.refusal(guess, now + 1s).has_value());
}

TEST_CASE("T-2: whoever guesses shuts nobody else out, and himself of no other client") {
    ClientThrottle throttle;
    for (int i = 0; i < 1000; ++i) throttle.failed(ClientThrottle::of(1000, "jid.victim"), now);
    CHECK(throttle.refusal(ClientThrottle::of(1000, "jid.victim"), now).has_value());
    CHECK_FALSE(throttle.refusal(ClientThrottle::of(1001, "jid.victim"), now).has_value());
    CHECK_FALSE(throttle.refusal(ClientThrottle::of(1000, "jid.other"), now).has_value());
}

TEST_CASE("T9: whoever guesses in a container shuts nobody of the host out, whatever its user is there") {
    ClientThrottle throttle;
    auto container = some_peer(0);
    container.foreign = true;
    const auto guess_of = [](const Peer& peer) { return ClientThrottle::of(peer.counted_as(), "jid.victim"); };
    for (int i = 0; i < 1000; ++i) throttle.failed(guess_of(container), now);
    CHECK(throttle.refusal(guess_of(container), now).has_value());
    CHECK_FALSE(throttle.refusal(guess_of(some_peer(0)), now).has_value());
}

TEST_CASE("T-2: many client IDs and many users neither reset the count of a guesser nor fill the memory") {
    ClientThrottle throttle;
    for (int i = 0; i < 100; ++i) throttle.failed(ClientThrottle::of(1000, "jid.victim"), now);
    for (int i = 0; i < 10'000; ++i) throttle.failed(ClientThrottle::of(1000, "jid." + std::to_string(i)), now);
    CHECK(throttle.refusal(ClientThrottle::of(1000, "jid.victim"), now).has_value());
    CHECK(throttle.refusal(ClientThrottle::of(1000, "jid.never-asked"), now).has_value());
    CHECK_FALSE(throttle.refusal(ClientThrottle::of(1001, "jid.never-asked"), now).has_value());
    for (uid_t user = 2000; user < 12'000; ++user) throttle.failed(ClientThrottle::of(user, "jid.victim"), now);
    CHECK(throttle.refusal(ClientThrottle::of(1000, "jid.victim"), now).has_value());
    CHECK_FALSE(throttle.refusal(ClientThrottle::of(1000, "jid.victim"), now + 10'000s).has_value());
}

}  // namespace jeton::front::test
