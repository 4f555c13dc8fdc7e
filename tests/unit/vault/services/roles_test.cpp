#include "daemon/vault/services/roles.hpp"

#include "daemon/vault/store/roles.hpp"
#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

WantedRole wanted(const std::string& role, std::int64_t uid) {
    WantedRole asked{role, {}, {}, {}};
    asked.identity.user = "u" + std::to_string(uid);
    asked.identity.uid = uid;
    return asked;
}

Result<RoleGrant> grant(World& world, const WantedRole& asked, std::optional<std::chrono::seconds> life = {}) {
    return world.run([&](Transaction& tx) { return grant_role(tx, world.admin, asked, life, world.clock.now()); });
}

Result<RoleGrant> revoke(World& world, const WantedRole& asked) {
    return world.run([&](Transaction& tx) { return revoke_role(tx, world.admin, asked, world.clock.now()); });
}

std::size_t granted(World& world) {
    return world.run([](Transaction& tx) -> Result<std::size_t> { return roles::list(tx).size(); }).value();
}

}  // namespace

TEST_CASE("a role is of what it is of: app, tenant, or neither") {
    World world;
    world.listed("dispatcher/1@integration");
    auto developer = wanted("developer", 2000);
    CHECK(grant(world, developer)->app.text.empty());
    developer.app = "dispatcher";
    CHECK_FALSE(grant(world, developer)->app.text.empty());
    developer.app = "nonesuch";
    CHECK(grant(world, developer).error().code == Errc::not_found);
    auto admin = wanted("tenant-admin", 2000);
    CHECK(grant(world, admin).error().code == Errc::bad_input);
    admin.tenant = "1@integration";
    CHECK(grant(world, admin));
    auto auditor = wanted("auditor", 2000);
    auditor.tenant = "1@integration";
    CHECK(grant(world, auditor).error().code == Errc::bad_input);
    CHECK(grant(world, wanted("emperor", 2000)).error().code == Errc::bad_input);
    CHECK(granted(world) == 3);
}

TEST_CASE("a role is for one user or one group, never for an id that systemd hands out and takes back") {
    World world;
    CHECK(grant(world, wanted("auditor", 61184)).error().code == Errc::bad_input);
    CHECK(grant(world, WantedRole{"auditor", {}, {}, {}}).error().code == Errc::bad_input);
    auto both = wanted("auditor", 2000);
    both.identity.group = "g";
    both.identity.gid = 5;
    CHECK(grant(world, both).error().code == Errc::bad_input);
    auto unit = wanted("auditor", 2000);
    unit.identity.unit = "w.service";
    CHECK(grant(world, unit).error().code == Errc::bad_input);
}

TEST_CASE("granting again changes the end, not the number of grants") {
    World world;
    REQUIRE(grant(world, wanted("auditor", 2000), 60s));
    REQUIRE(grant(world, wanted("auditor", 2000)));
    CHECK(granted(world) == 1);
    CHECK_FALSE(world.run([](Transaction& tx) -> Result<std::vector<RoleGrant>> { return roles::list(tx); })
                    .value()
                    .front()
                    .expires_at);
}

TEST_CASE("the last operator that was granted stays") {
    World world;
    REQUIRE(grant(world, wanted("operator", 2000)));
    CHECK(revoke(world, wanted("operator", 2000)).error().code == Errc::wrong_state);
    REQUIRE(grant(world, wanted("operator", 2001)));
    CHECK(revoke(world, wanted("operator", 2000)));
    CHECK(revoke(world, wanted("operator", 2001)).error().code == Errc::wrong_state);
}

TEST_CASE("the last operator that was granted stays, though it ends by itself") {
    World world;
    REQUIRE(grant(world, wanted("operator", 2000), 60s));
    CHECK(revoke(world, wanted("operator", 2000)).error().code == Errc::wrong_state);
    REQUIRE(grant(world, wanted("operator", 2001), 60s));
    CHECK(revoke(world, wanted("operator", 2000)));
    CHECK(revoke(world, wanted("operator", 2001)).error().code == Errc::wrong_state);
    world.clock.advance(60s);
    CHECK(revoke(world, wanted("operator", 2001)));
}

TEST_CASE("the last operator without an end stays, and gets none, whoever else is operator for a while") {
    World world;
    REQUIRE(grant(world, wanted("operator", 2000)));
    CHECK(grant(world, wanted("operator", 2000), 60s).error().code == Errc::wrong_state);
    REQUIRE(grant(world, wanted("operator", 2001), 60s));
    CHECK(grant(world, wanted("operator", 2000), 60s).error().code == Errc::wrong_state);
    CHECK(revoke(world, wanted("operator", 2000)).error().code == Errc::wrong_state);
    REQUIRE(grant(world, wanted("operator", 2001), 120s));
    CHECK(revoke(world, wanted("operator", 2001)));
    REQUIRE(grant(world, wanted("operator", 2002)));
    CHECK(grant(world, wanted("operator", 2000), 60s));
    REQUIRE(grant(world, wanted("auditor", 2000)));
    CHECK(grant(world, wanted("auditor", 2000), 60s));
}

TEST_CASE("a leaver whose account is gone is revoked by name") {
    World world;
    REQUIRE(grant(world, wanted("auditor", 2000)));
    auto gone = wanted("auditor", 2000);
    gone.identity.uid = -1;
    CHECK(revoke(world, gone));
    CHECK(revoke(world, gone).error().code == Errc::not_found);
}

TEST_CASE("who has another number now is revoked by the name, or by the old number") {
    World world;
    auto moved = wanted("auditor", 2000);
    REQUIRE(grant(world, moved));
    SUBCASE("the name, which means the new number now") { moved.identity.uid = 3000; }
    SUBCASE("the old number, which no account has") {
        moved.identity.user = "2000";
        moved.identity.uid = -1;
    }
    const auto revoked = revoke(world, moved);
    REQUIRE(revoked);
    CHECK(revoked->uid == 2000);
    CHECK(granted(world) == 0);
}

TEST_CASE("a group that has another number now is revoked by its name, or by the old number") {
    World world;
    WantedRole moved{"auditor", {}, {}, {}};
    moved.identity.group = "staff";
    moved.identity.gid = 50;
    REQUIRE(grant(world, moved));
    SUBCASE("the name, which means the new number now") { moved.identity.gid = 60; }
    SUBCASE("the old number, which no group has") {
        moved.identity.group = "50";
        moved.identity.gid = -1;
    }
    CHECK(revoke(world, moved));
    CHECK(granted(world) == 0);
}

TEST_CASE("of two grants under one name, that of the number which the name means now goes first") {
    World world;
    auto now = wanted("auditor", 3000);
    now.identity.user = "u2000";
    REQUIRE(grant(world, wanted("auditor", 2000)));
    REQUIRE(grant(world, now));
    CHECK(revoke(world, now)->uid == 3000);
    CHECK(revoke(world, now)->uid == 2000);
    CHECK(revoke(world, now).error().code == Errc::not_found);
}

TEST_CASE("a user is not revoked by the number of a group, nor by that of another user") {
    World world;
    REQUIRE(grant(world, wanted("auditor", 2000)));
    WantedRole group{"auditor", {}, {}, {}};
    group.identity.group = "2000";
    CHECK(revoke(world, group).error().code == Errc::not_found);
    CHECK(revoke(world, wanted("auditor", 3000)).error().code == Errc::not_found);
    CHECK(granted(world) == 1);
}
