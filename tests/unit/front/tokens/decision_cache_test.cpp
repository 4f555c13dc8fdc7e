#include "daemon/front/tokens/decision_cache.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

using namespace std::chrono_literals;

const Era era{"9f", 42};

Grant grant(std::string connection = "a/t@e") {
    Grant made;
    made.access_token = "T\"1";
    made.token_type = "Bearer";
    made.scope = "s";
    made.connection = std::move(connection);
    made.expires_in = 900s;
    made.reuse = 600s;
    made.secret_prefix = "jcs.ab12";
    made.via = "secret jcs.ab12";
    return made;
}

struct World {
    World() { cache.enter(era); }
    HandClock clock;
    DecisionCache cache{clock, 3};

    void keep(Grant given = grant(), unsigned char number = 1) {
        cache.keep(Fingerprint{.question = {number}}, some_peer(),
                   {.command = "python3", .unit = {"worker.service", ""}}, std::move(given), era);
    }
    std::optional<Response> find(unsigned char number = 1) {
        auto peer = some_peer();
        peer.attested_at = clock.boot;
        return cache.find(Fingerprint{.question = {number}}, peer);
    }
};

}  // namespace

TEST_CASE("decision: repeated with what is left of its life") {
    World world;
    world.keep();
    world.clock.advance(100s);
    const auto found = world.find();
    REQUIRE(found.has_value());
    CHECK(body_of(*found) ==
          R"({"access_token":"T\"1","token_type":"Bearer","expires_in":800,"scope":"s","connection":"a/t@e"})");
    CHECK(found->bytes->find("Jeton-Epoch: 9f 42 500\r\n") != std::string::npos);
    CHECK(found->bytes->find("Cache-Control: no-store\r\n") != std::string::npos);
    CHECK(found->bytes->find("Pragma: no-cache\r\n") != std::string::npos);
    CHECK(world.find()->bytes == found->bytes);  // the same second: not built again
}

TEST_CASE("decision: where the vault notes each use, it is repeated only by who has had it noted") {
    World world;
    auto given = grant();
    given.noted_each = true;
    world.keep(std::move(given));
    const auto peer = some_peer();
    CHECK_FALSE(world.find().has_value());
    const auto use = world.cache.use_to_note(Fingerprint{.question = {1}}, peer, {});
    REQUIRE(use.has_value());
    CHECK(use->era == era);
    CHECK(use->usage.connection == "a/t@e");
    CHECK(use->usage.secret_prefix == "jcs.ab12");
    CHECK(use->usage.via == "secret jcs.ab12");
    CHECK(use->usage.uid == peer.uid);
    CHECK(use->usage.pid == peer.pid);
    CHECK(use->usage.count == 1);
    const auto found = world.cache.find_noted(Fingerprint{.question = {1}}, peer);
    REQUIRE(found.has_value());
    CHECK(found->bytes->find("Jeton-Epoch: 9f 42 0\r\n") != std::string::npos);  // the caller may not repeat it
    CHECK(world.cache.take_usage().empty());                                     // nothing is counted beside
    world.cache.enter({"9f", 43});
    CHECK_FALSE(world.cache.use_to_note(Fingerprint{.question = {1}}, peer, {}).has_value());
    CHECK_FALSE(world.cache.find_noted(Fingerprint{.question = {1}}, peer).has_value());
}

TEST_CASE("decision: one that is counted wants no note") {
    World world;
    world.keep();
    CHECK_FALSE(world.cache.use_to_note(Fingerprint{.question = {1}}, some_peer(), {}).has_value());
}

TEST_CASE("decision: ends with its deadline") {
    World world;
    world.keep();
    world.clock.advance(599s);
    CHECK(world.find().has_value());
    world.clock.advance(1s);
    CHECK_FALSE(world.find().has_value());
    CHECK(world.cache.size() == 0);
}

TEST_CASE("decision: ends when either clock says so") {
    World world;
    world.keep();
    SUBCASE("wall") { world.clock.wall += 600s; }
    SUBCASE("boot") { world.clock.boot += 600s; }
    CHECK_FALSE(world.find().has_value());
}

TEST_CASE("T12: decision: not repeated to a caller whose attestation is too old; others are not deprived of it") {
    World world;
    world.keep();
    const auto peer = some_peer();
    world.clock.advance(59s);
    CHECK(world.cache.find(Fingerprint{.question = {1}}, peer).has_value());
    world.clock.advance(1s);
    CHECK_FALSE(world.cache.find(Fingerprint{.question = {1}}, peer).has_value());
    CHECK(world.find().has_value());
    CHECK(world.cache.take_usage().at(0).count == 2);
}

TEST_CASE("decision: ends with its token, however long it may be reused") {
    World world;
    auto given = grant();
    given.expires_in = 10s;
    world.keep(std::move(given));
    world.clock.advance(10s);
    CHECK_FALSE(world.find().has_value());
}

TEST_CASE("decision: ends with its era") {
    World world;
    world.keep();
    SUBCASE("another epoch") { world.cache.enter({"9f", 43}); }
    SUBCASE("another instance") { world.cache.enter({"aa", 42}); }
    SUBCASE("no vault") { world.cache.enter({}); }
    CHECK_FALSE(world.find().has_value());
    world.keep();  // decided at the era before: comes too late
    CHECK_FALSE(world.find().has_value());
}

TEST_CASE("decision: a replaced token drops those of its connection only") {
    World world;
    world.keep(grant("a/t@e"), 1);
    world.keep(grant("b/t@e"), 2);
    world.cache.drop_connection("a/t@e");
    CHECK_FALSE(world.find(1).has_value());
    CHECK(world.find(2).has_value());
}

TEST_CASE("decision: the least recently used one makes room") {
    World world;
    for (const unsigned char number : std::array<unsigned char, 3>{1, 2, 3}) world.keep(grant(), number);
    CHECK(world.find(1).has_value());
    world.keep(grant(), 4);
    CHECK(world.find(1).has_value());
    CHECK_FALSE(world.find(2).has_value());
    CHECK(world.cache.size() == 3);
}

TEST_CASE("decision: found by the bytes of its request, under the same rule") {
    World world;
    const auto print = [](unsigned char number) { return RequestPrint{.size = 9, .bytes = {number}, .sender = {}}; };
    const auto again = [&](unsigned char number) {
        auto peer = some_peer();
        peer.attested_at = world.clock.boot;
        return world.cache.find_again(print(number), peer).has_value();
    };
    world.cache.recognise(print(1), Fingerprint{.question = {1}});  // of what is not there nothing is known
    CHECK_FALSE(again(1));
    world.keep();
    world.cache.recognise(print(1), Fingerprint{.question = {1}});
    CHECK(again(1));
    CHECK_FALSE(again(2));
    auto other = print(1);
    other.sender = {1};
    CHECK_FALSE(world.cache.find_again(other, some_peer()).has_value());
    auto longer = print(1);
    longer.size = 10;
    CHECK_FALSE(world.cache.find_again(longer, some_peer()).has_value());
    CHECK(world.cache.take_usage().at(0).count == 1);
    world.clock.advance(60s);
    CHECK_FALSE(world.cache.find_again(print(1), some_peer()).has_value());  // T12: attested too long ago
    CHECK(again(1));
    SUBCASE("ends with its deadline") { world.clock.advance(600s); }
    SUBCASE("ends with its era") { world.cache.enter({"9f", 43}); }
    SUBCASE("ends with its token") { world.cache.drop_connection("a/t@e"); }
    CHECK_FALSE(again(1));
    world.cache.enter(era);
    world.keep();
    CHECK_FALSE(again(1));  // a decision that is gone leaves no spelling behind
}

TEST_CASE("decision: of the spellings of one question the last four are known") {
    World world;
    world.keep();
    const auto print = [](unsigned char number) { return RequestPrint{.size = 9, .bytes = {number}, .sender = {}}; };
    for (unsigned char number = 1; number <= 5; ++number)
        world.cache.recognise(print(number), Fingerprint{.question = {1}});
    world.cache.recognise(print(5), Fingerprint{.question = {1}});
    CHECK_FALSE(world.cache.find_again(print(1), some_peer()).has_value());
    for (unsigned char number = 2; number <= 5; ++number)
        CHECK(world.cache.find_again(print(number), some_peer()).has_value());
}

TEST_CASE("decision: uses are counted, survive the decision, and come back when they could not be told") {
    World world;
    world.keep();
    (void)world.find();
    (void)world.find();
    SUBCASE("while it lives") {}
    SUBCASE("after it is dropped") { world.cache.enter({"9f", 43}); }
    auto uses = world.cache.take_usage();
    REQUIRE(uses.size() == 1);
    CHECK(uses[0].count == 2);
    CHECK(uses[0].connection == "a/t@e");
    CHECK(uses[0].secret_prefix == "jcs.ab12");
    CHECK(uses[0].via == "secret jcs.ab12");
    CHECK(uses[0].command == "python3");
    CHECK(uses[0].unit == "worker.service");
    CHECK(world.cache.take_usage().empty());
    world.cache.return_usage(std::move(uses));
    CHECK(world.cache.take_usage().size() == 1);
}

TEST_CASE("decision: a use is told with program and unit of the last process, where they are known") {
    World world;
    world.keep();
    auto other = some_peer();
    other.pid = 4712;
    SUBCASE("another process, of which nothing is asked") {
        (void)world.cache.find(Fingerprint{.question = {1}}, other);
        const auto uses = world.cache.take_usage();
        REQUIRE(uses.size() == 1);
        CHECK(uses[0].pid == 4712);
        CHECK_FALSE(uses[0].command.has_value());
        CHECK_FALSE(uses[0].unit.has_value());
    }
    SUBCASE("another process, whose unit is asked") {
        other.unit = Unit{"other.service", ""};
        (void)world.cache.find(Fingerprint{.question = {1}}, other);
        CHECK(world.cache.take_usage().at(0).unit == "other.service");
    }
    SUBCASE("another process without a unit") {
        other.unit = no_unit("none");
        (void)world.cache.find(Fingerprint{.question = {1}}, other);
        CHECK_FALSE(world.cache.take_usage().at(0).unit.has_value());
    }
}

}  // namespace jeton::front::test
