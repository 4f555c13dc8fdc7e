#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

Result<AppWithVersion> create(World& world, const NewApp& wanted) {
    return world.run([&](Transaction& tx) { return create_app(tx, world.admin, wanted, world.clock.now()); });
}

NewApp good() { return {"dispatcher", "Acme", "https://acme.example", "developer", {"tn.crm.customers:r"}, {}, false}; }

}  // namespace

TEST_CASE("S9: a new app has an app key and version 1") {
    World world;
    const auto app = create(world, good());
    REQUIRE(app);
    CHECK(app->version.number == 1);
    CHECK(app->app.app_key.starts_with("jak."));
    CHECK(app->version.created_by == "alice");
}

TEST_CASE("S10: each bad field has its own message, and nothing is stored") {
    World world;
    const auto refused = [&](auto change, const std::string& message) {
        auto wanted = good();
        change(wanted);
        const auto app = create(world, wanted);
        REQUIRE_FALSE(app);
        CHECK(app.error().what == message);
        CHECK_FALSE(world.run([](Transaction& tx) { return find_app(tx, "dispatcher"); }));
    };
    refused([](NewApp& app) { app.name = ""; }, "Application name is empty");
    refused([](NewApp& app) { app.organization = ""; }, "Organization is empty");
    refused([](NewApp& app) { app.organization = std::string(121, 'x'); }, "organization has 121 characters");
    refused([](NewApp& app) { app.homepage = "acme"; }, "Url is not valid");
    refused([](NewApp& app) { app.scopes.clear(); }, "API Scopes are not selected");
    refused([](NewApp& app) { app.credentials = "nobody"; }, "nobody is named who configures the credentials");
}

TEST_CASE("S14, S19: a listed tenant is not connected yet; one that is not known is refused") {
    World world;
    world.listed("dispatcher/1@integration");
    CHECK(world.row("dispatcher/1@integration").state == ConnectionState::not_connected);
    CHECK(world.row("dispatcher/1@integration").client_id.empty());
    const auto unknown = world.run([&](Transaction& tx) {
        return add_tenant(tx, world.admin, World::connection("dispatcher/2@integration"), "", false, world.clock.now());
    });
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().next == "jeton tenant create 2@integration --name NAME");
}
