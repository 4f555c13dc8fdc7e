#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

}  // namespace

TEST_CASE("S27: an app that does not list the tenant answers like an app that does not exist") {
    World world;
    world.listed(name);
    world.app("other");
    const auto review = [&](const char* text) {
        return world.run([&](Transaction& tx) { return review_access(tx, World::connection(text)); });
    };
    const auto unlisted = review("other/1@integration");
    const auto unknown = review("nothing/1@integration");
    REQUIRE_FALSE(unlisted);
    REQUIRE_FALSE(unknown);
    CHECK(unlisted.error().code == unknown.error().code);
    CHECK(unlisted.error().next.starts_with("ask the developer of the app to add your tenant ID"));
    CHECK(unlisted.error().what == "no connection other/1@integration");
}

TEST_CASE("S29: a decision quotes the version that was reviewed") {
    World world;
    world.listed(name);
    const auto refused = world.allow(name, 2);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(refused.error().what ==
          "you reviewed version 2, the app offers version 1: +tn.crm.customers:r +tn.jpm.jobs:w");
    CHECK(world.row(name).state == ConnectionState::not_connected);
    REQUIRE(world.allow(name));
    CHECK(world.allow(name, 2).error().what == "you reviewed version 2, the app offers version 1");
}

TEST_CASE("S30: allow creates the client ID; where tenants configure, also the first secret") {
    World world;
    SUBCASE("developer") {
        world.listed(name);
        const auto allowed = world.allow(name);
        REQUIRE(allowed);
        CHECK(allowed->found.connection.client_id.starts_with("jid."));
        CHECK_FALSE(allowed->client_secret);
    }
    SUBCASE("tenant") {
        world.listed(name, EnvironmentKind::local, "tenant");
        const auto allowed = world.allow(name);
        REQUIRE(allowed);
        REQUIRE(allowed->client_secret);
        CHECK(allowed->client_secret->reveal().starts_with("jcs."));
    }
    SUBCASE("upstream: the ID comes from the portal") {
        world.listed(name, EnvironmentKind::upstream);
        const auto allowed = world.allow(name);
        REQUIRE(allowed);
        CHECK(allowed->found.connection.client_id.empty());
    }
}

TEST_CASE("S3: two tenants have two client IDs") {
    World world;
    world.connected(name);
    world.connected("dispatcher/2@integration");
    CHECK(world.row(name).client_id != world.row("dispatcher/2@integration").client_id);
}

TEST_CASE("S46, S48: disable pauses, enable restores the same client ID and version") {
    World world;
    world.connected(name);
    const auto before = world.row(name);
    const auto switched = [&](auto service) {
        return world.run([&](Transaction& tx) {
            return service(tx, world.admin, World::connection(name), "why", world.clock.now());
        });
    };
    REQUIRE(switched(disable_access));
    CHECK(world.row(name).state == ConnectionState::disabled);
    CHECK_FALSE(switched(disable_access));
    CHECK_FALSE(world.allow(name));
    REQUIRE(switched(enable_access));
    CHECK(world.row(name).client_id == before.client_id);
    CHECK(world.row(name).accepted_version == before.accepted_version);
}

TEST_CASE("an operator who decides for a tenant says for whom and why") {
    World world;
    world.listed(name);
    Peer root;
    root.uid = 0;
    const auto allow = [&](std::optional<OnBehalf> on_behalf) {
        return world.run([&](Transaction& tx) {
            return allow_access(tx, root, World::connection(name), 1, on_behalf, world.clock.now());
        });
    };
    const auto refused = allow(std::nullopt);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::forbidden);
    CHECK_FALSE(allow(OnBehalf{"the customer's office", ""}));
    const auto allowed = allow(OnBehalf{"the customer's office", "signed order"});
    REQUIRE(allowed);
    CHECK(allowed->found.connection.consent_source == "operator");
    CHECK(allowed->found.connection.consent_by == "the customer's office");
}
