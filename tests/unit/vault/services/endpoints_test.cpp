#include "daemon/vault/services/endpoints.hpp"

#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string url = "https://auth.example/connect/token";

struct Asked {
    bool fail(bool throttled = false, std::optional<int> retry_after = {}) {
        auto failure = refuse(Errc::temporarily_unavailable, "auth.example answered 500", "");
        failure.retry_after = retry_after;
        return endpoints.failed(url, failure, throttled, clock.boot_time(), clock);
    }
    void answer(std::string_view refusal = {}) { endpoints.answered(url, refusal, clock.boot_time(), clock); }
    std::chrono::milliseconds wait(Endpoints::Urgency urgency = Endpoints::Urgency::awaited, std::size_t before = 0) {
        return endpoints.wait(url, urgency, before, clock);
    }
    void send(int times = 1) {
        for (int i = 0; i < times; ++i) endpoints.landed(url, endpoints.sent(url, clock));
    }

    HandClock clock;
    Endpoints endpoints;
};

}  // namespace

TEST_CASE("P17: a failing endpoint cools down, longer each time, and is forgiven by one answer") {
    Asked world;
    CHECK_FALSE(world.endpoints.cooling(url, world.clock));
    CHECK(world.fail());
    REQUIRE(world.endpoints.cooling(url, world.clock));
    CHECK(world.endpoints.cooling(url, world.clock)->retry_after.value() == 2);
    for (int i = 0; i < 10; ++i) CHECK(world.fail());
    CHECK(world.endpoints.cooling(url, world.clock)->retry_after.value() >= 30);
    world.clock.advance(61s);
    CHECK_FALSE(world.endpoints.cooling(url, world.clock));
    world.answer();
    CHECK(world.endpoints.health(url)->failures == 0);
    CHECK_FALSE(world.endpoints.health(url)->failing_since);
}

TEST_CASE("P17: a refusal says since when the endpoint fails and when it is asked again") {
    Asked world;
    const auto since = world.clock.now();
    world.fail(false, 120);
    world.clock.advance(10s);
    const auto refusal = world.endpoints.cooling(url, world.clock);
    REQUIRE(refusal);
    CHECK(refusal->retry_after == 110);
    CHECK(refusal->what == "auth.example answered 500; it has failed since " + rfc3339(since) +
                               " and is asked again at " + rfc3339(since + 120s));
}

TEST_CASE("what failed together counts once; a failure older than an answer is not the endpoint's") {
    Asked world;
    const auto sent_at = world.clock.boot_time();
    world.clock.advance(1s);
    const auto failure = refuse(Errc::temporarily_unavailable, "no answer", "");
    for (int i = 0; i < 50; ++i) CHECK(world.endpoints.failed(url, failure, false, sent_at, world.clock));
    CHECK(world.endpoints.health(url)->failures == 1);
    world.answer();
    CHECK_FALSE(world.endpoints.failed(url, failure, false, sent_at, world.clock));
    CHECK_FALSE(world.endpoints.cooling(url, world.clock));
}

TEST_CASE("P4: a pause is kept to its last part of a second, and told in whole ones") {
    Asked world;
    world.fail(false, 3);
    world.clock.boot += 2100ms;
    world.clock.wall += 3s;  // it shows whole seconds, and the pause began late in one
    REQUIRE(world.endpoints.cooling(url, world.clock));
    CHECK(world.endpoints.cooling(url, world.clock)->retry_after == 1);
    CHECK(world.wait() == 900ms);
    world.clock.boot += 899'999us;
    CHECK(world.endpoints.cooling(url, world.clock)->retry_after == 1);
    CHECK(world.wait() == 1ms);
    world.clock.boot += 1us;
    CHECK_FALSE(world.endpoints.cooling(url, world.clock));
    CHECK(world.wait() == 0ms);
}

TEST_CASE("P4: a pause that the endpoint asked for outlasts the answers to what was sent before") {
    Asked world;
    const auto before = world.endpoints.sent(url, world.clock);
    world.clock.advance(1s);
    const auto answer_late = [&] { world.endpoints.answered(url, {}, before, world.clock); };
    SUBCASE("429") {
        world.send(100);
        CHECK(world.fail(true, 45));
        world.clock.advance(1s);
        answer_late();
        CHECK(world.endpoints.budget(url) == 50);
    }
    SUBCASE("Retry-After") {
        CHECK(world.fail(false, 45));
        world.clock.advance(1s);
        answer_late();
    }
    CHECK(world.endpoints.counts(url).granted == 1);
    REQUIRE(world.endpoints.cooling(url, world.clock));
    CHECK(world.endpoints.cooling(url, world.clock)->retry_after == 44);
    world.clock.advance(44s);
    world.answer();
    CHECK_FALSE(world.endpoints.health(url)->failing_since);
    // One that nobody asked for does not.
    CHECK(world.fail());
    answer_late();
    CHECK_FALSE(world.endpoints.cooling(url, world.clock));
}

TEST_CASE("P4: a pause that came with a late failure outlasts what is heard of a request that was sent before it") {
    Asked world;
    const auto early = world.endpoints.sent(url, world.clock);
    world.clock.advance(1s);
    CHECK(world.fail());
    world.clock.advance(3s);
    const auto probe = world.endpoints.sent(url, world.clock);
    world.clock.advance(1s);
    auto busy = refuse(Errc::temporarily_unavailable, "auth.example answered 429", "");
    busy.retry_after = 300;
    CHECK(world.endpoints.failed(url, busy, true, early, world.clock));
    SUBCASE("an answer") { world.endpoints.answered(url, {}, probe, world.clock); }
    SUBCASE("a failure") {
        CHECK(world.endpoints.failed(url, refuse(Errc::temporarily_unavailable, "no answer", ""), false, probe,
                                     world.clock));
    }
    REQUIRE(world.endpoints.cooling(url, world.clock));
    CHECK(world.endpoints.cooling(url, world.clock)->retry_after == 300);
}

TEST_CASE("P4: Retry-After counts although the endpoint has answered another request since this one was sent") {
    Asked world;
    const auto sent_at = world.endpoints.sent(url, world.clock);
    world.clock.advance(1s);
    world.answer();
    auto failure = refuse(Errc::temporarily_unavailable, "auth.example answered 503", "");
    failure.retry_after = 60;
    CHECK(world.endpoints.failed(url, failure, false, sent_at, world.clock));
    REQUIRE(world.endpoints.cooling(url, world.clock));
    CHECK(world.endpoints.cooling(url, world.clock)->retry_after == 60);
}

TEST_CASE("a pair that the upstream refuses does not stop the other connections") {
    Asked world;
    world.answer("no such client");
    CHECK_FALSE(world.endpoints.cooling(url, world.clock));
    CHECK(world.endpoints.health(url)->last_error == "no such client");
    CHECK(world.endpoints.counts(url).refused == 1);
}

TEST_CASE("P4: after cooling one request tries the endpoint, the others wait for its end") {
    Asked world;
    world.fail();
    CHECK(world.wait() > 0ms);
    world.clock.advance(3s);
    CHECK(world.wait() == 0ms);
    const auto sent_at = world.endpoints.sent(url, world.clock);
    CHECK(world.wait() > 0ms);
    world.clock.advance(1s);
    world.endpoints.landed(url, sent_at);
    world.answer();
    CHECK(world.wait() == 0ms);
}

TEST_CASE("P4: a clock that goes on between two looks does not keep the one that tries the endpoint in the air") {
    struct : Clock {
        UtcSeconds now() const override { return hand.now(); }
        BootTime boot_time() const override { return hand.boot_time() + std::chrono::nanoseconds{++looks}; }
        HandClock hand;
        mutable int looks = 0;
    } clock;
    Endpoints endpoints;
    const auto failure = refuse(Errc::temporarily_unavailable, "no answer", "");
    for (int outage = 0; outage < 3; ++outage) {
        const auto sent_at = endpoints.sent(url, clock);
        endpoints.landed(url, sent_at);
        CHECK(endpoints.failed(url, failure, false, sent_at, clock));
        clock.hand.advance(61s);
        CHECK(endpoints.wait(url, Endpoints::Urgency::awaited, 0, clock) == 0ms);
    }
}

TEST_CASE("P4: no more than the budget within any minute, and what runs ahead of need leaves some of it") {
    Asked world;
    world.endpoints.set_budget(10);
    world.send(8);
    CHECK(world.wait(Endpoints::Urgency::ahead) > 0ms);
    CHECK(world.wait() == 0ms);
    world.clock.advance(20s);
    world.send(2);
    CHECK(world.wait() == 40s);
    CHECK(world.wait(Endpoints::Urgency::awaited, 8) == 60s);  // the ninth in the queue: after the second two
    CHECK(world.wait(Endpoints::Urgency::awaited, 10) > 60s);
    world.clock.advance(40s);
    CHECK(world.wait() == 0ms);
    CHECK(world.endpoints.sent_last_hour(url, world.clock) == 10);
}

TEST_CASE("P4: an endpoint that says it is asked too often is asked half as often, until it has answered for a while") {
    Asked world;
    world.endpoints.set_budget(200);
    world.send(100);
    CHECK(world.fail(true));
    CHECK(world.endpoints.cooling(url, world.clock)->retry_after.value() >= 9);
    CHECK(world.endpoints.budget(url) == 50);
    world.clock.advance(17s);
    for (int i = 0; i < 400; ++i) world.answer();
    CHECK(world.endpoints.budget(url) == 200);
}
