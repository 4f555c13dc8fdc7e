#include "daemon/vault/services/tenants.hpp"

#include <set>

#include "daemon/vault/store/tenants.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

Result<FoundTenant> create(World& world, const std::string& text, const std::string& name, bool if_not_exists = false) {
    return world.run([&](Transaction& tx) {
        return create_tenant(tx, world.admin, World::tenant_name(text), name, if_not_exists, world.clock.now());
    });
}

Result<FoundTenant> edit(World& world, const std::string& text, const std::string& name) {
    return world.run([&](Transaction& tx) {
        return edit_tenant(tx, world.admin, World::tenant_name(text), name, world.clock.now());
    });
}

std::string name_in_store(World& world, const std::string& text) {
    return world.run([&](Transaction& tx) { return find_tenant(tx, World::tenant_name(text)); }).value().tenant.name;
}

}  // namespace

TEST_CASE("S22: one tenant ID in two environments is two tenants") {
    World world;
    world.environment("integration");
    world.environment("production");
    const auto integration = create(world, "1@integration", "Customer");
    const auto production = create(world, "1@production", "Customer");
    REQUIRE(integration);
    REQUIRE(production);
    CHECK(integration->tenant.id != production->tenant.id);
    REQUIRE(edit(world, "1@integration", "Test customer"));
    CHECK(name_in_store(world, "1@integration") == "Test customer");
    CHECK(name_in_store(world, "1@production") == "Customer");
}

TEST_CASE("S36: a new tenant without an environment is one of integration; to be found it is named in full") {
    Office office;
    office.environment("integration");
    office.environment("production");
    const auto created = office.ask(office.operator_peer, "tenant.create", {{"tenant", "1"}, {"name", "Customer"}});
    REQUIRE(created);
    CHECK(text_at(*created, "tenant") == "1");
    CHECK(text_at(*created, "environment") == "integration");
    CHECK(office.ask(office.operator_peer, "tenant.show", {{"tenant", "1@production"}}).error().code ==
          Errc::not_found);
    CHECK(office.ask(office.operator_peer, "tenant.show", {{"tenant", "1"}}).error().code == Errc::bad_input);
}

TEST_CASE("tenant create: twice is refused, unless it is asked so and the names are equal") {
    World world;
    world.environment("integration");
    const auto first = create(world, "1@integration", "Customer");
    REQUIRE(first);
    const auto refused = create(world, "1@integration", "Customer");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::already_exists);
    CHECK(refused.error().next == "jeton tenant show 1@integration");
    CHECK(create(world, "1@integration", "Customer", true)->tenant.id == first->tenant.id);
    CHECK(create(world, "1@integration", "Other", true).error().code == Errc::already_exists);
    CHECK(create(world, "1@nonesuch", "Customer").error().code == Errc::not_found);
}

TEST_CASE("T23: a tenant's name has 1 to 120 characters that print, when it is made and when it is changed") {
    World world;
    world.environment("integration");
    for (const auto* bad :
         {"", "a\x1b[2J", "a\nb", "a\rb", "a\xe2\x80\xae", "a\xe2\x81\xa6", "a\xe2\x80\xa8", "\xff"}) {
        CHECK(create(world, "1@integration", bad).error().code == Errc::bad_input);
    }
    CHECK(create(world, "1@integration", std::string(121, 'x')).error().what == "name has 121 characters");
    CHECK_FALSE(world.run([](Transaction& tx) { return find_tenant(tx, World::tenant_name("1@integration")); }));
    REQUIRE(create(world, "1@integration", std::string(120, 'x')));
    for (const auto* bad : {"", "a\x1b[2J", "a\nb", "a\xe2\x80\xae", "\xff"}) {
        CHECK(edit(world, "1@integration", bad).error().code == Errc::bad_input);
    }
    CHECK(edit(world, "1@integration", std::string(121, 'x')).error().code == Errc::bad_input);
    CHECK(name_in_store(world, "1@integration") == std::string(120, 'x'));
}

TEST_CASE("tenant edit: another name is recorded, the same one changes nothing") {
    Office office;
    office.environment("integration");
    REQUIRE(create(office, "1@integration", "Customer"));
    const auto edited =
        office.ask(office.operator_peer, "tenant.edit", {{"tenant", "1@integration"}, {"name", "Customer Inc"}});
    REQUIRE(edited);
    CHECK(text_at(*edited, "name") == "Customer Inc");
    const auto epoch = office.store().epoch();
    REQUIRE(edit(office, "1@integration", "Customer Inc"));
    CHECK(office.store().epoch() == epoch);
    const auto told = office.audited("tenant.edited");
    REQUIRE(told.size() == 1);
    CHECK(told[0].tenant == "1@integration");
    CHECK(edit(office, "2@integration", "Customer").error().code == Errc::not_found);
}

TEST_CASE("S22, S27: a tenant is seen by its admin, by who lists it, and by who sees everything") {
    Office office;
    office.listed("dispatcher/1@integration");
    office.tenant("2@integration");
    office.environment("production");
    office.tenant("1@production");
    office.grant("developer", office.developer, "dispatcher", {});
    office.grant("tenant-admin", office.tenant_admin, {}, "2@integration");
    const auto seen_by = [&](const Peer& peer, const json::object& body = {}) {
        const auto listed = office.ask(peer, "tenant.list", body);
        REQUIRE(listed);
        std::set<std::string> names;
        for (const auto& one : listed->as_array()) {
            names.insert(text_at(one, "tenant") + "@" + text_at(one, "environment"));
        }
        return names;
    };
    using Names = std::set<std::string>;
    CHECK(seen_by(office.developer) == Names{"1@integration"});
    CHECK(seen_by(office.tenant_admin) == Names{"2@integration"});
    CHECK(seen_by(office.operator_peer) == Names{"1@integration", "2@integration", "1@production"});
    CHECK(seen_by(office.operator_peer, {{"environment", "production"}}) == Names{"1@production"});
    CHECK(office.ask(office.operator_peer, "tenant.list", {{"environment", "nonesuch"}}).error().code ==
          Errc::not_found);
    CHECK(office.ask(office.developer, "tenant.edit", {{"tenant", "1@integration"}, {"name", "x"}}).error().code ==
          Errc::forbidden);
    const auto hidden = office.ask(office.developer, "tenant.show", {{"tenant", "2@integration"}});
    const auto absent = office.ask(office.developer, "tenant.show", {{"tenant", "3@integration"}});
    REQUIRE_FALSE(hidden);
    REQUIRE_FALSE(absent);
    CHECK(hidden.error().code == absent.error().code);
    CHECK(hidden.error().what == "no tenant 2@integration");
    CHECK(absent.error().what == "no tenant 3@integration");
}
