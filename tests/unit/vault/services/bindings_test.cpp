#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

Result<Binding> add(World& world, const std::string& user, std::int64_t uid, bool is_default = false,
                    bool allow_container = false) {
    const NewBinding wanted{World::connection(name), user, uid, is_default, allow_container};
    return world.run([&](Transaction& tx) { return add_binding(tx, world.admin, wanted, world.clock.now()); });
}

std::size_t count(World& world, const Peer& peer) {
    return world.run([&](Transaction& tx) -> Result<std::size_t> { return bindings_of(tx, peer).size(); }).value();
}

}  // namespace

TEST_CASE("threat: huge and borrowed uids (T11) are no identity") {
    World world;
    world.listed(name);
    for (const std::int64_t uid : {-1L, 65534L, 61184L, 65519L, 4294967295L}) {
        INFO(uid);
        CHECK_FALSE(add(world, "x", uid));
    }
    CHECK(add(world, "x", 4294967294));
    CHECK(add(world, "y", 2147483648));
}

TEST_CASE("a binding holds for name and uid together") {
    World world;
    world.listed(name);
    REQUIRE(add(world, "worker", 2000));
    CHECK(count(world, world.program) == 1);
    auto renamed = world.program;
    renamed.user = "somebody-else";
    CHECK(count(world, renamed) == 0);
    auto other = world.program;
    other.uid = 2001;
    CHECK(count(world, other) == 0);
}

TEST_CASE("threat: a container with the socket mounted (T9) has nothing from its uid without --allow-container") {
    World world;
    world.listed(name);
    auto inside = world.program;
    inside.foreign = true;
    SUBCASE("without") {
        REQUIRE(add(world, "worker", 2000));
        CHECK(count(world, inside) == 0);
    }
    SUBCASE("with") {
        REQUIRE(add(world, "worker", 2000, false, true));
        CHECK(count(world, inside) == 1);
    }
}

TEST_CASE("a user has one default in an environment") {
    World world;
    world.listed(name);
    world.listed("dispatcher/2@integration");
    REQUIRE(add(world, "worker", 2000, true));
    const NewBinding second{World::connection("dispatcher/2@integration"), "worker", 2000, true, false};
    CHECK_FALSE(world.run([&](Transaction& tx) { return add_binding(tx, world.admin, second, world.clock.now()); }));
}
