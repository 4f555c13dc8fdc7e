/// Stores of older schemas, made of one of this version: what the older schema has not is taken away. It was never
/// written to in these tests, so that the rest is what that version would have left.
#pragma once

#include <initializer_list>
#include <string>

#include "tests/unit/vault/store/support.hpp"

namespace jeton::vault::store_test {

inline void drop_columns(const Place& place, std::initializer_list<const char*> columns) {
    for (const std::string name : columns) {
        const auto dot = name.find('.');
        place.edit("ALTER TABLE " + name.substr(0, dot) + " DROP COLUMN " + name.substr(dot + 1));
    }
}

inline void drop_indexes(const Place& place, std::initializer_list<const char*> names) {
    for (const auto* name : names) place.edit(std::string{"DROP INDEX "} + name);
}

inline void back_to_schema_5(const Place& place) {
    drop_indexes(place, {"secrets_deactivates_at", "pairs_expires_at", "bindings_expires_at", "client_keys_expires_at",
                         "tickets_expires_at", "token_cache_expires_at", "bindings_default", "bindings_kind",
                         "bindings_container", "pairs_uid", "tickets_open", "connections_state", "secrets_of",
                         "audit_actor_user", "audit_refused", "audit_change", "audit_block_at"});
    place.edit("CREATE INDEX connections_environment ON connections (environment)");
    place.edit("CREATE INDEX secrets_connection ON secrets (connection)");
    place.edit("CREATE INDEX audit_at ON audit (at)");
    place.edit("PRAGMA user_version = 5");
}

inline void back_to_schema_4(const Place& place) {
    back_to_schema_5(place);
    for (const auto* table : {"client_keys", "used_assertions", "revoked_tokens"}) {
        place.edit(std::string{"DROP TABLE "} + table);
    }
    drop_columns(place, {"signing_keys.algorithm", "signing_keys.published_until", "environments.resources",
                         "bindings.resource"});
    place.edit("DROP INDEX connections_client");
    place.edit(
        "CREATE UNIQUE INDEX connections_client_id ON connections (environment, client_id) WHERE client_id <> ''");
    place.edit("PRAGMA user_version = 4");
}

inline void back_to_schema_3(const Place& place) {
    back_to_schema_4(place);
    drop_columns(place, {"connections.form_fields"});
    place.edit("PRAGMA user_version = 3");
}

inline void back_to_schema_2(const Place& place) {
    back_to_schema_3(place);
    drop_columns(place, {"key_slots.public_key", "key_slots.authenticator", "key_slots.authenticator_key",
                         "key_slots.passes", "key_slots.memory", "environments.retiring_data_key",
                         "environments.rotation_pending", "signing_keys.key_generation", "secrets.key_generation",
                         "pairs.key_generation", "tickets.key_generation", "secrets.destination"});
    place.edit("PRAGMA user_version = 2");
}

inline void back_to_schema_1(const Place& place) {
    back_to_schema_2(place);
    for (const auto* table : {"role_grants", "pairs", "tickets", "scopes", "audit_checkpoints"}) {
        place.edit(std::string{"DROP TABLE "} + table);
    }
    drop_indexes(place, {"bindings_environment", "bindings_identity", "secrets_prefix", "audit_tenant", "audit_at"});
    drop_columns(place,
                 {"apps.external_data_guid", "connections.consent_on_behalf_of", "connections.token_generation",
                  "connections.tenant_pause_by", "connections.tenant_pause_reason", "connections.tenant_pause_at",
                  "connections.operator_pause_by", "connections.operator_pause_reason", "connections.operator_pause_at",
                  "bindings.kind", "bindings.app", "bindings.group_name", "bindings.gid", "bindings.unit",
                  "bindings.expires_at", "audit.actor_unit"});
    place.edit("PRAGMA user_version = 1");
}

inline void back_to_schema(const Place& place, int schema) {
    switch (schema) {
        case 1: return back_to_schema_1(place);
        case 2: return back_to_schema_2(place);
        case 3: return back_to_schema_3(place);
        case 4: return back_to_schema_4(place);
        case 5: return back_to_schema_5(place);
        default: FAIL("a schema that this test does not know");
    }
}

}  // namespace jeton::vault::store_test
