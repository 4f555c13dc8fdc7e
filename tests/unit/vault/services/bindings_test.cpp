#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

NewBinding of_user(const std::string& target, const std::string& user, std::int64_t uid) {
    NewBinding wanted;
    wanted.connection = target;
    wanted.identity.user = user;
    wanted.identity.uid = uid;
    return wanted;
}

Result<Binding> add(World& world, const NewBinding& wanted) {
    return world.run([&](Transaction& tx) { return add_binding(tx, world.admin, wanted, world.clock.now()); });
}

Result<Binding> add(World& world, const std::string& user, std::int64_t uid, bool is_default = false,
                    bool allow_container = false) {
    auto wanted = of_user(name, user, uid);
    wanted.is_default = is_default;
    wanted.allow_container = allow_container;
    return add(world, wanted);
}

std::size_t count(World& world, const Peer& peer) {
    return world
        .run([&](Transaction& tx) -> Result<std::size_t> { return bindings_of(tx, peer, world.clock.now()).size(); })
        .value();
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
    auto second = of_user("dispatcher/2@integration", "worker", 2000);
    second.is_default = true;
    CHECK(add(world, second).error().code == Errc::wrong_state);
}

TEST_CASE("a binding by group and unit: all conditions must hold") {
    World world;
    world.listed(name);
    NewBinding wanted;
    wanted.connection = name;
    wanted.identity.group = "workers";
    wanted.identity.gid = 3000;
    wanted.identity.unit = "worker.service";
    REQUIRE(add(world, wanted));
    auto peer = world.program;
    CHECK(count(world, peer) == 0);
    peer.groups = {{2000, "worker"}, {3000, "workers"}};
    CHECK(count(world, peer) == 0);
    peer.unit = "other.service";
    CHECK(count(world, peer) == 0);
    peer.unit = "worker.service";
    CHECK(count(world, peer) == 1);
    peer.groups[1].name = "renamed";
    CHECK(count(world, peer) == 0);
}

TEST_CASE("who has bindings and names no connection is told so, whatever they are for; a stranger is not") {
    World world;
    world.connected(name);
    const auto word = [&] { return world.decide(TokenRequest{}).error().code; };
    CHECK(word() == Errc::invalid_client);
    world.program.groups = {{2000, "worker"}, {3000, "workers"}};
    world.program.unit = "worker.service";
    for (const bool by_group : {true, false}) {
        for (const bool by_unit : {true, false}) {
            NewBinding wanted;
            wanted.connection = name;
            if (by_group) wanted.identity.group = "workers", wanted.identity.gid = 3000;
            if (by_unit) wanted.identity.unit = "worker.service";
            if (!by_group && !by_unit)
                wanted.identity.user = world.program.user, wanted.identity.uid = world.program.uid;
            CHECK(word() == Errc::invalid_client);
            const auto added =
                world.run([&](Transaction& tx) { return add_binding(tx, world.admin, wanted, world.clock.now()); });
            REQUIRE(added);
            CHECK(word() == Errc::invalid_request);
            REQUIRE(world.run(
                [&](Transaction& tx) { return remove_binding(tx, world.admin, added->id.text, world.clock.now()); }));
        }
    }
}

TEST_CASE("T9: of a container only the user is known, so a group or unit alone cannot let one in") {
    World world;
    world.listed(name);
    NewBinding wanted;
    wanted.connection = name;
    wanted.identity.unit = "worker.service";
    wanted.allow_container = true;
    CHECK(add(world, wanted).error().code == Errc::bad_input);
}

TEST_CASE("a binding ends at its --expires, also when the clock is set back afterwards") {
    World world;
    world.listed(name);
    auto wanted = of_user(name, "worker", 2000);
    wanted.life = 60s;
    REQUIRE(add(world, wanted));
    world.clock.advance(59s);
    CHECK(count(world, world.program) == 1);
    world.clock.advance(1s);
    CHECK(count(world, world.program) == 0);
}

TEST_CASE("a pattern serves every tenant of the app in the environment, also later ones, and nothing else") {
    World world;
    world.connected(name);
    REQUIRE(add(world, of_user("dispatcher/*@integration", "worker", 2000)));
    world.connected("dispatcher/2@integration");
    world.connected("other/1@integration");
    world.connected("dispatcher/1@elsewhere");
    const auto gets = [&](const std::string& connection) {
        TokenRequest request;
        request.connection = connection;
        return world.decide(request).has_value();
    };
    CHECK(gets(name));
    CHECK(gets("dispatcher/2@integration"));
    CHECK_FALSE(gets("other/1@integration"));
    CHECK_FALSE(gets("dispatcher/1@elsewhere"));
    CHECK(world.decide({}).error().code == Errc::invalid_request);  // a pattern is never a default
    auto wanted = of_user("dispatcher/*@integration", "alice", 1000);
    wanted.is_default = true;
    CHECK(add(world, wanted).error().code == Errc::bad_input);
}

TEST_CASE("removing binding A and adding B gives an unchanged program an error, never B's token") {
    World world;
    world.connected(name);
    world.connected("dispatcher/2@integration");
    auto first = of_user(name, "worker", 2000);
    first.is_default = true;
    const auto a = add(world, first);
    REQUIRE(a);
    TokenRequest named;
    named.connection = name;
    REQUIRE(world.decide(named));
    REQUIRE(
        world.run([&](Transaction& tx) { return remove_binding(tx, world.admin, a->id.brief(), world.clock.now()); }));
    REQUIRE(add(world, of_user("dispatcher/2@integration", "worker", 2000)));
    CHECK(world.decide(named).error().code == Errc::invalid_client);
    CHECK(world.decide({}).error().code == Errc::invalid_request);  // a lone binding is never a default
}

TEST_CASE("binding remove takes an id or a beginning of it that is long enough") {
    World world;
    world.listed(name);
    const auto made = add(world, "worker", 2000);
    REQUIRE(made);
    const auto remove = [&](std::string_view id) {
        return world.run([&](Transaction& tx) { return remove_binding(tx, world.admin, id, world.clock.now()); });
    };
    CHECK(remove("").error().code == Errc::not_found);
    CHECK(remove(made->id.text.substr(0, 7)).error().code == Errc::not_found);
    CHECK(remove("zzzzzzzzzz").error().code == Errc::not_found);
    CHECK(remove(made->id.text).has_value());
    CHECK(count(world, world.program) == 0);
}
