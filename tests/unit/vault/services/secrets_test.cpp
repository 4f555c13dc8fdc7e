#include "daemon/vault/store/secrets.hpp"

#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string local = "dispatcher/1@integration";
const std::string remote = "dispatcher/1@production";
const ImportedPair pair{"cid.aaaaaaaaaaaaaaaaaaaaaaaaa", "cs1.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", {}};

}  // namespace

TEST_CASE("S6: no generation before allow") {
    World world;
    world.listed(local);
    const auto refused = world.generate(local);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what == local + ": Not Connected Yet");
}

TEST_CASE("S17: two active secrets, a third is refused, a deactivated one makes room") {
    World world;
    world.connected(local);
    const auto first = world.generate(local);
    REQUIRE(first);
    REQUIRE(world.generate(local));
    const auto third = world.generate(local);
    REQUIRE_FALSE(third);
    CHECK(third.error().what == "Only two active secrets are allowed at a time");
    REQUIRE(world.run([&](Transaction& tx) {
        return deactivate_secret(tx, world.admin, World::connection(local), first->secret.prefix, world.clock.now());
    }));
    CHECK(world.generate(local));
}

TEST_CASE("an upstream environment makes no secrets, a local one takes none in") {
    World world;
    world.connected(local);
    world.connected(remote, EnvironmentKind::upstream);
    const auto generated = world.generate(remote);
    REQUIRE_FALSE(generated);
    CHECK(generated.error().next.find("jeton secret import") != std::string::npos);
    const auto imported = world.import_pair(local, pair);
    REQUIRE_FALSE(imported);
    CHECK(imported.error().next.find("jeton secret generate") != std::string::npos);
}

TEST_CASE("S37: an imported pair loses the white space around it, and is readable by the daemon alone") {
    World world;
    world.connected(remote, EnvironmentKind::upstream);
    const auto secret = world.import_pair(
        remote, {" cid.aaaaaaaaaaaaaaaaaaaaaaaaa\n", "cs1.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb \r\n", {}});
    REQUIRE(secret);
    CHECK(secret->prefix == "cs1.bbbb");
    CHECK(world.row(remote).client_id == pair.client_id);
    CHECK(text_of(secret->sealed).find("bbbb") == std::string_view::npos);
}

TEST_CASE("S3: a client ID of one tenant is refused for another") {
    World world;
    world.connected(remote, EnvironmentKind::upstream);
    world.connected("dispatcher/2@production", EnvironmentKind::upstream);
    REQUIRE(world.import_pair(remote, pair));
    const auto refused = world.import_pair("dispatcher/2@production", pair);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::already_exists);
}

TEST_CASE("threat: moved ciphertext: a secret does not open when its environment's endpoint was changed") {
    World world;
    world.connected(remote, EnvironmentKind::upstream);
    REQUIRE(world.import_pair(remote, pair));
    world.run([&](Transaction& tx) -> Result<void> {
        auto found = find_connection(tx, World::connection(remote)).value();
        const auto secret = secrets::of(tx, found.connection.id).front();
        const auto good = place_of(secret, found.environment);
        CHECK(text_of(open(tx.data_key(found.environment), good.place(), secret.sealed).span()) == pair.client_secret);
        found.environment.token_endpoint = "https://evil.example/connect/token";
        const auto moved = place_of(secret, found.environment);
        CHECK_THROWS_AS((void)open(tx.data_key(found.environment), moved.place(), secret.sealed), Tampered);
        return {};
    });
}

TEST_CASE("import with an overlap: the older secret works until its end") {
    World world;
    world.connected(remote, EnvironmentKind::upstream);
    REQUIRE(world.import_pair(remote, pair));
    auto next = pair;
    next.client_secret = "cs1.cccccccccccccccccccccccccccccccccccc";
    next.overlap = 3600s;
    world.clock.advance(10s);
    REQUIRE(world.import_pair(remote, next));
    const auto active = [&] {
        return world
            .run([&](Transaction& tx) -> Result<std::size_t> {
                std::size_t count = 0;
                for (const auto& secret :
                     secrets::of(tx, find_connection(tx, World::connection(remote))->connection.id)) {
                    count += secret.is_active(world.clock.now()) ? 1 : 0;
                }
                return count;
            })
            .value();
    };
    CHECK(active() == 2);
    world.clock.advance(3599s);
    CHECK(active() == 2);
    world.clock.advance(1s);
    CHECK(active() == 1);
}
