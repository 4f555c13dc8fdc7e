#include "daemon/vault/services/explanation.hpp"

#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

Explanation ask(World& world, const Peer& seen) {
    return world
        .run([&](Transaction& tx) -> Result<Explanation> {
            return explain(tx, find_connection(tx, World::connection(name)).value(), seen, world.clock.now());
        })
        .value();
}

}  // namespace

TEST_CASE("explain names the binding that holds, and the command that tries it") {
    World world;
    world.connected(name);
    world.bind(name);
    const auto told = ask(world, world.program);
    REQUIRE(told.binding);
    CHECK(told.bindings.front().lacks.empty());
    CHECK(told.next == "jeton token " + name);
}

TEST_CASE("explain says of each binding what is lacking") {
    World world;
    world.connected(name);
    NewBinding wanted;
    wanted.connection = "dispatcher/*@integration";
    wanted.identity.user = "worker";
    wanted.identity.uid = 2000;
    wanted.identity.unit = "worker.service";
    REQUIRE(world.run([&](Transaction& tx) { return add_binding(tx, world.admin, wanted, world.clock.now()); }));
    auto seen = world.program;
    seen.unit_unknown = "this kernel cannot tell";
    auto told = ask(world, seen);
    CHECK_FALSE(told.binding);
    REQUIRE(told.bindings.size() == 1);
    REQUIRE(told.bindings[0].lacks.size() == 1);
    CHECK(told.bindings[0].lacks[0].find("this kernel cannot tell") != std::string::npos);
    CHECK(told.next.find("jeton binding add") != std::string::npos);
    seen.unit = "other.service";
    CHECK(ask(world, seen).bindings[0].lacks[0] == "its unit is other.service, not worker.service");
    seen.unit = "worker.service";
    CHECK(ask(world, seen).binding);
    seen.foreign = true;
    CHECK_FALSE(ask(world, seen).binding);
}

TEST_CASE("explain: a binding that holds does not help while the tenant has not connected") {
    World world;
    world.listed(name);
    world.bind(name);
    const auto told = ask(world, world.program);
    CHECK(told.binding);
    CHECK(told.verdict.find("Not Connected Yet") != std::string::npos);
}
