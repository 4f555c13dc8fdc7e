#include "daemon/vault/services/rotation.hpp"

#include "daemon/vault/store/secrets.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string local = "dispatcher/1@integration";
const std::string remote = "dispatcher/1@production";

/// A connection with one secret, and what rotation makes of it.
struct Rotating : Office {
    Rotating() {
        connected(local);
        auto generated = generate(local);
        REQUIRE(generated);
        old_prefix = generated->secret.prefix;
        old_value = std::string{generated->value.reveal()};
        client_id = row(local).client_id;
    }
    Result<RotatedSecret> rotate(std::chrono::seconds overlap = usual_overlap) {
        return run([&](Transaction& tx) { return rotate_secret(tx, admin, connection(local), overlap, clock.now()); });
    }
    std::string rotated(std::chrono::seconds overlap = usual_overlap) {
        const auto done = rotate(overlap);
        REQUIRE(done);
        return std::string{done->fresh.value.reveal()};
    }
    Result<RolledBack> roll_back(const std::string& name = local) {
        return run([&](Transaction& tx) { return roll_back_rotation(tx, admin, connection(name), clock.now()); });
    }
    std::size_t count_active(const std::string& name = local) {
        return run([&](Transaction& tx) {
                   return active_secrets(tx, find_connection(tx, connection(name))->connection);
               })
            .size();
    }
    bool accepts(const std::string& value) { return Office::accepts(client_id, value); }

    std::string client_id;
    std::string old_prefix;
    std::string old_value;
};

}  // namespace

TEST_CASE("rollback: of a secret that was imported once more nothing is said to be used no longer") {
    Rotating world;
    world.connected(remote, EnvironmentKind::upstream);
    const ImportedPair pair{"cid.aaaa", "cs1.bbbbbbbbbbbbbbbbbbbb", {}};
    REQUIRE(world.import_pair(remote, pair));
    REQUIRE(world.import_pair(remote, {pair.client_id, pair.client_secret, 24h}));
    const auto back = world.ask_about(world.admin, "secret.rollback", remote);
    REQUIRE(back);
    CHECK(text_at(*back, "message") == "cs1.bbbb stays.");
    CHECK(world.count_active(remote) == 1);
}

TEST_CASE("S17 rotate: both secrets work during the overlap, only the new one after it") {
    Rotating world;
    const auto fresh = world.rotated(24h);
    CHECK(world.accepts(world.old_value));
    CHECK(world.accepts(fresh));
    SUBCASE("in its last second") {
        world.clock.advance(24h - 1s);
        CHECK(world.accepts(world.old_value));
    }
    SUBCASE("when it has ended") {
        world.clock.advance(24h);
        CHECK_FALSE(world.accepts(world.old_value));
        CHECK(world.count_active() == 1);
    }
    CHECK(world.accepts(fresh));
    CHECK(world.row(local).client_id == world.client_id);
}

TEST_CASE("S17 rotate: without an active secret it generates, and nothing ends") {
    Office world;
    world.connected(local);
    const auto answer = world.ask_about(world.admin, "secret.rotate", local);
    REQUIRE(answer);
    CHECK(answer->at("old").is_null());
    CHECK(world.accepts(text_at(*answer, "client_id"), text_at(*answer, "client_secret")));
    CHECK(world.audited("secret.generated").size() == 1);
    CHECK(world.audited("secret.rotated").empty());
}

TEST_CASE("S17 rotate: a third active secret is refused, and both ways out are named") {
    Rotating world;
    REQUIRE(world.rotate());
    const auto refused = world.rotate();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(refused.error().what.starts_with("Only two active secrets are allowed at a time"));
    CHECK(refused.error().next.find("jeton secret deactivate " + local + " " + world.old_prefix) != std::string::npos);
    CHECK(refused.error().next.find("jeton secret rollback " + local) != std::string::npos);
    CHECK(world.count_active() == 2);
    SUBCASE("no rollback is offered where none would help") {
        REQUIRE(world.roll_back());
        REQUIRE(world.generate(local));
        CHECK(world.rotate().error().next.find("rollback") == std::string::npos);
    }
}

TEST_CASE("S17 rotate --now: every older secret ends at once, and the tokens with them") {
    Rotating world;
    const auto second = world.generate(local);
    REQUIRE(second);
    const auto generation = world.row(local).token_generation;
    const auto fresh = world.rotated(0s);
    CHECK(world.count_active() == 1);
    CHECK_FALSE(world.accepts(world.old_value));
    CHECK_FALSE(world.accepts(std::string{second->value.reveal()}));
    CHECK(world.accepts(fresh));
    CHECK(world.row(local).token_generation == generation + 1);
    SUBCASE("an overlap leaves issued tokens alone") {
        REQUIRE(world.rotate(1h));
        CHECK(world.row(local).token_generation == generation + 1);
    }
    SUBCASE("also where no secret is left: the tokens end all the same") {
        const auto prefix = fresh.substr(0, secret_prefix_size);
        REQUIRE(world.run([&](Transaction& tx) {
            return deactivate_secret(tx, world.admin, World::connection(local), prefix, world.clock.now());
        }));
        REQUIRE(world.rotate(0s));
        CHECK(world.row(local).token_generation == generation + 2);
    }
}

TEST_CASE("S17 rotate: the answer says what ends when, the audit who did it, and neither keeps the value") {
    Rotating world;
    const auto answer = world.ask_about(world.admin, "secret.rotate", local, {{"overlap", 3600}});
    REQUIRE(answer);
    const auto end = rfc3339(world.clock.now() + 1h);
    CHECK(text_at(answer->at("old"), "prefix") == world.old_prefix);
    CHECK(text_at(answer->at("old"), "deactivates_at") == end);
    CHECK(text_at(*answer, "message").find(end) != std::string::npos);
    const auto value = text_at(*answer, "client_secret");
    const auto entries = world.audited("secret.rotated");
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].connection == local);
    CHECK(entries[0].tenant == "1@integration");
    CHECK(entries[0].subject == local + " " + value.substr(0, secret_prefix_size));
    CHECK(entries[0].detail == world.old_prefix + " until " + end);
    CHECK(entries[0].actor_user == "alice");
    CHECK_FALSE(world.stands_in_a_file(value.substr(secret_prefix_size)));
}

TEST_CASE("S17 rotate: overlap and now exclude each other, and neither goes beyond 30 days") {
    Rotating world;
    const auto refused = [&](json::object body) {
        const auto answer = world.ask_about(world.admin, "secret.rotate", local, std::move(body));
        return !answer && answer.error().code == Errc::bad_input;
    };
    CHECK(refused({{"overlap", 60}, {"now", true}}));
    CHECK(refused({{"overlap", 2592001}}));
    CHECK(refused({{"overlap", -1}}));
    CHECK_FALSE(world.rotate(std::chrono::seconds{2592001}));
    CHECK(world.count_active() == 1);
    CHECK(world.rotate(std::chrono::seconds{2592000}));
}

TEST_CASE("S6, S46 rotate: only what is connected") {
    Rotating world;
    world.listed("dispatcher/2@integration");
    CHECK(world.ask_about(world.admin, "secret.rotate", "dispatcher/2@integration").error().what ==
          "dispatcher/2@integration: Not Connected Yet");
    REQUIRE(world.ask_about(world.admin, "access.disable", local));
    for (const auto* verb : {"secret.rotate", "secret.rollback", "secret.generate"}) {
        INFO(verb);
        CHECK(world.ask_about(world.admin, verb, local).error().code == Errc::wrong_state);
    }
    CHECK(world.count_active() == 1);
}

TEST_CASE("rotate: the secrets of an upstream environment are made at its portal") {
    Rotating world;
    world.connected(remote, EnvironmentKind::upstream);
    CHECK(world.ask_about(world.admin, "secret.rotate", remote).error().next ==
          "make one there, then: jeton secret import " + remote + " --client-id ID --overlap 24h");
    REQUIRE(world.import_pair(remote, {"cid.aaaa", "cs1.bbbbbbbbbbbbbbbbbbbb", {}}));
    CHECK(world.ask_about(world.admin, "secret.rotate", remote, {{"now", true}}).error().next ==
          "make one there, then: jeton secret import " + remote + " --client-id cid.aaaa --now");
}

TEST_CASE("rollback: the replaced secret stays, the new one is refused at once") {
    Rotating world;
    const auto fresh = world.rotated();
    const auto answer = world.ask_about(world.admin, "secret.rollback", local);
    REQUIRE(answer);
    CHECK(text_at(*answer, "restored") == world.old_prefix);
    CHECK(text_at(*answer, "deactivated") == fresh.substr(0, secret_prefix_size));
    CHECK_FALSE(world.accepts(fresh));
    world.clock.advance(48h);
    CHECK(world.accepts(world.old_value));
    const auto entries = world.audited("secret.rolled_back");
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].subject == local + " " + world.old_prefix);
    CHECK(entries[0].connection == local);
    CHECK(world.roll_back().error().code == Errc::wrong_state);
}

TEST_CASE("rollback: refused where no overlap is running") {
    Rotating world;
    const auto is_refused = [&] {
        const auto refused = world.roll_back();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().what == "no overlap is running in " + local + ": there is nothing to take back");
        CHECK(refused.error().next.find("jeton secret rotate " + local) != std::string::npos);
    };
    SUBCASE("nothing was rotated") { is_refused(); }
    SUBCASE("it has ended") {
        REQUIRE(world.rotate(1h));
        world.clock.advance(1h);
        is_refused();
    }
    SUBCASE("there never was one: rotated with --now") {
        REQUIRE(world.rotate(0s));
        is_refused();
    }
}

TEST_CASE("rollback: where the new secret is deactivated already, the old one loses its end") {
    Rotating world;
    const auto fresh = world.rotated(1h);
    REQUIRE(world.ask_about(world.admin, "secret.deactivate", local, {{"prefix", fresh.substr(0, 8)}}));
    const auto answer = world.ask_about(world.admin, "secret.rollback", local);
    REQUIRE(answer);
    CHECK(answer->at("deactivated").is_null());
    world.clock.advance(2h);
    CHECK(world.accepts(world.old_value));
}

TEST_CASE("rollback of an import: the old pair is used again, tokens of the new one are dropped") {
    Rotating world;
    world.connected(remote, EnvironmentKind::upstream);
    ImportedPair pair{"cid.aaaa", "cs1.bbbbbbbbbbbbbbbbbbbb", {}};
    REQUIRE(world.import_pair(remote, pair));
    pair.client_secret = "cs2.cccccccccccccccccccc";
    pair.overlap = 1h;
    const auto fresh = world.import_pair(remote, pair);
    REQUIRE(fresh);
    const auto connection = world.row(remote);
    const auto key = UpstreamTokens::key_of(connection, *fresh, {});
    world.room.upstream.put(key, connection, {SecretText{"token"}, "", 900s}, world.clock);
    const auto answer = world.ask_about(world.admin, "secret.rollback", remote);
    REQUIRE(answer);
    CHECK(text_at(*answer, "restored") == "cs1.bbbb");
    CHECK(text_at(*answer, "message").find("still works at its issuer") != std::string::npos);
    CHECK(world.room.upstream.find(key, world.clock) == nullptr);
    const auto used = world.run([&](Transaction& tx) { return active_secrets(tx, connection).back().prefix; });
    CHECK(used == "cs1.bbbb");
}

TEST_CASE("T48 rotate: a restart in the middle of an overlap changes nothing, its end is kept") {
    Rotating world;
    const auto fresh = world.rotated(24h);
    world.clock.advance(12h);
    world.restart();
    CHECK(world.accepts(world.old_value));
    world.clock.advance(12h);
    world.restart();
    CHECK_FALSE(world.accepts(world.old_value));
    CHECK(world.accepts(fresh));
}

TEST_CASE("T48 rotate: an overlap that has ended stays ended when the clock is set back") {
    Rotating world;
    REQUIRE(world.rotate(1h));
    world.clock.advance(1h);
    world.tenant("2@integration");  // any change: the store remembers how late it was
    CHECK_FALSE(world.accepts(world.old_value));
    for (const std::chrono::seconds step : {std::chrono::seconds{1h}, std::chrono::seconds{24h * 3650}}) {
        world.clock.wall -= step;
        CHECK_FALSE(world.accepts(world.old_value));
        CHECK(world.count_active() == 1);
        world.restart();
        CHECK_FALSE(world.accepts(world.old_value));
        CHECK(world.roll_back().error().code == Errc::wrong_state);
    }
}

TEST_CASE("T48 rotate: after a clock that was years ahead for a moment an overlap is as long as it was to be") {
    Rotating world;
    world.clock.wall += 24h * 3650;
    world.tenant("2@integration");
    world.clock.wall -= 24h * 3650;
    REQUIRE(world.rotate(24h));
    CHECK(world.accepts(world.old_value));
    world.clock.advance(24h - 1s);
    CHECK(world.accepts(world.old_value));
    world.clock.advance(1s);
    CHECK_FALSE(world.accepts(world.old_value));
}

TEST_CASE("T48 rotate: the newest secret stays the newest when the clock is set back") {
    Rotating world;
    world.connected(remote, EnvironmentKind::upstream);
    ImportedPair pair{"cid.aaaa", "cs1.bbbbbbbbbbbbbbbbbbbb", {}};
    REQUIRE(world.import_pair(remote, pair));
    world.clock.wall -= 1h;
    pair.client_secret = "cs2.cccccccccccccccccccc";
    REQUIRE(world.import_pair(remote, pair));
    const auto used = world.run([&](Transaction& tx) {
        return active_secrets(tx, find_connection(tx, World::connection(remote))->connection).back().prefix;
    });
    CHECK(used == "cs2.cccc");
}

TEST_CASE("T31 rotate: a change whose group is lost leaves nothing behind") {
    Rotating world;
    const auto epoch = world.store().epoch();
    {
        auto group = world.store().group();
        REQUIRE(group.attempt([&](Transaction& tx) {
            return rotate_secret(tx, world.admin, World::connection(local), 1h, world.clock.now());
        }));
    }  // never committed
    CHECK(world.count_active() == 1);
    CHECK(world.store().epoch() == epoch);
    CHECK(world.audited("secret.rotated").empty());
    CHECK(world.accepts(world.old_value));
}
