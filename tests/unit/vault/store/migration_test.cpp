#include <doctest/doctest.h>

#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/schema.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

TEST_CASE("a store of schema 1 opens: its rows keep their MACs, its audit its hashes") {
    Place place;
    place.begin();
    const auto app = add_app(place, "dispatcher");
    Binding binding;
    binding.id = BindingId::fresh();
    binding.user = "worker";
    binding.uid = 2000;
    place.run([&](Transaction& tx) {
        tx.insert(binding);
        tx.append_audit(entry("binding.added"));
    });
    place.close();
    // What a store of schema 1 has not: it was never written to here, so that taking it away gives such a store.
    for (const auto* table : {"role_grants", "pairs", "tickets", "scopes", "audit_checkpoints"}) {
        place.edit(std::string{"DROP TABLE "} + table);
    }
    for (const auto* index :
         {"bindings_environment", "bindings_identity", "secrets_prefix", "audit_tenant", "audit_at"}) {
        place.edit(std::string{"DROP INDEX "} + index);
    }
    for (const auto* column : {"apps.external_data_guid",
                               "connections.consent_on_behalf_of",
                               "connections.token_generation",
                               "connections.tenant_pause_by",
                               "connections.tenant_pause_reason",
                               "connections.tenant_pause_at",
                               "connections.operator_pause_by",
                               "connections.operator_pause_reason",
                               "connections.operator_pause_at",
                               "bindings.kind",
                               "bindings.app",
                               "bindings.group_name",
                               "bindings.gid",
                               "bindings.unit",
                               "bindings.expires_at",
                               "audit.actor_unit",
                               "environments.retiring_data_key",
                               "environments.rotation_pending",
                               "signing_keys.key_generation",
                               "secrets.key_generation"}) {
        const std::string name{column};
        const auto dot = name.find('.');
        place.edit("ALTER TABLE " + name.substr(0, dot) + " DROP COLUMN " + name.substr(dot + 1));
    }
    place.edit("PRAGMA user_version = 1");
    place.open();
    CHECK(place.store().reason().find("schema") == std::string::npos);
    REQUIRE(place.unseal());
    place.run([&](Transaction& tx) {
        CHECK(apps::find(tx, "dispatcher")->id == app.id);
        const auto kept = bindings::get(tx, binding.id);
        REQUIRE(kept);
        CHECK(kept->kind == BindingKind::connection);
        CHECK(kept->gid == -1);
        CHECK(audit::verify(tx));
    });
}
