#include "daemon/vault/store/schema.hpp"

#include <array>

namespace jeton::vault {
namespace {

// Authority tables carry a `mac`. References between them are checked by the services, not by foreign keys: a row is
// believed for its MAC, never for what SQLite says of it.
constexpr std::array<std::string_view, 22> first{
    R"(CREATE TABLE environments (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, token_endpoint TEXT NOT NULL,
    client_auth TEXT NOT NULL, host_aliases TEXT NOT NULL, ca_file TEXT NOT NULL, allow_loopback_http INTEGER NOT NULL,
    developer_access INTEGER NOT NULL, tenant_claim_required INTEGER NOT NULL, issuer TEXT NOT NULL,
    key_generation INTEGER NOT NULL, wrapped_data_key BLOB NOT NULL, created_at INTEGER NOT NULL, mac BLOB NOT NULL
) STRICT)",
    R"(CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY, environment TEXT NOT NULL, kid TEXT NOT NULL, public_key BLOB NOT NULL,
    sealed_private_key BLOB NOT NULL, created_at INTEGER NOT NULL, mac BLOB NOT NULL
) STRICT)",
    R"(CREATE INDEX signing_keys_environment ON signing_keys (environment))",
    R"(CREATE TABLE tenants (
    id TEXT PRIMARY KEY, environment TEXT NOT NULL, tenant TEXT NOT NULL, name TEXT NOT NULL,
    created_at INTEGER NOT NULL, mac BLOB NOT NULL, UNIQUE (environment, tenant)
) STRICT)",
    R"(CREATE TABLE apps (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, organization TEXT NOT NULL, homepage TEXT NOT NULL,
    credentials TEXT NOT NULL, app_key TEXT NOT NULL, current_version INTEGER NOT NULL, created_at INTEGER NOT NULL,
    mac BLOB NOT NULL
) STRICT)",
    R"(CREATE TABLE app_versions (
    id TEXT PRIMARY KEY, app TEXT NOT NULL, number INTEGER NOT NULL, scopes TEXT NOT NULL, created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL, mac BLOB NOT NULL, UNIQUE (app, number)
) STRICT)",
    R"(CREATE TABLE connections (
    id TEXT PRIMARY KEY, app TEXT NOT NULL, tenant TEXT NOT NULL, environment TEXT NOT NULL, state TEXT NOT NULL,
    listed INTEGER NOT NULL, note TEXT NOT NULL, client_id TEXT NOT NULL, accepted_version INTEGER NOT NULL,
    consent_source TEXT NOT NULL, consent_by TEXT NOT NULL, consent_reason TEXT NOT NULL, consent_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL, mac BLOB NOT NULL, UNIQUE (app, tenant)
) STRICT)",
    R"(CREATE INDEX connections_tenant ON connections (tenant))",
    R"(CREATE UNIQUE INDEX connections_client_id ON connections (environment, client_id) WHERE client_id <> '')",
    R"(CREATE INDEX connections_any_client_id ON connections (client_id) WHERE client_id <> '')",
    R"(CREATE INDEX connections_environment ON connections (environment))",
    R"(CREATE TABLE secrets (
    id TEXT PRIMARY KEY, connection TEXT NOT NULL, kind TEXT NOT NULL, prefix TEXT NOT NULL, state TEXT NOT NULL,
    sealed BLOB NOT NULL, created_at INTEGER NOT NULL, created_by TEXT NOT NULL, deactivates_at INTEGER,
    mac BLOB NOT NULL
) STRICT)",
    R"(CREATE INDEX secrets_connection ON secrets (connection))",
    R"(CREATE TABLE bindings (
    id TEXT PRIMARY KEY, connection TEXT NOT NULL, environment TEXT NOT NULL, user TEXT NOT NULL, uid INTEGER NOT NULL,
    is_default INTEGER NOT NULL, allow_container INTEGER NOT NULL, created_at INTEGER NOT NULL, mac BLOB NOT NULL
) STRICT)",
    R"(CREATE INDEX bindings_uid ON bindings (uid))",
    R"(CREATE INDEX bindings_connection ON bindings (connection))",
    R"(CREATE TABLE key_slots (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL, salt BLOB NOT NULL, wrapped BLOB NOT NULL,
    created_at INTEGER NOT NULL, mac BLOB NOT NULL
) STRICT)",
    R"(CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), sealed BLOB NOT NULL) STRICT)",
    R"(CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, host TEXT NOT NULL, actor_uid INTEGER NOT NULL,
    actor_user TEXT NOT NULL, actor_pid INTEGER NOT NULL, actor_command TEXT NOT NULL, event TEXT NOT NULL,
    subject TEXT NOT NULL, connection TEXT NOT NULL, tenant TEXT NOT NULL, via TEXT NOT NULL, refused INTEGER NOT NULL,
    detail TEXT NOT NULL, count INTEGER NOT NULL, changes BLOB NOT NULL, hash BLOB NOT NULL
) STRICT)",
    R"(CREATE INDEX audit_connection ON audit (connection) WHERE connection <> '')",
    R"(CREATE TABLE usage (
    connection TEXT NOT NULL, secret_prefix TEXT NOT NULL, uid INTEGER NOT NULL, user TEXT NOT NULL,
    count INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (connection, secret_prefix, uid)
) STRICT, WITHOUT ROWID)",
    R"(CREATE TABLE token_cache (
    connection TEXT NOT NULL, secret TEXT NOT NULL, scopes TEXT NOT NULL, resource TEXT NOT NULL, sealed BLOB NOT NULL,
    expires_at INTEGER NOT NULL, PRIMARY KEY (connection, secret, scopes, resource)
) STRICT, WITHOUT ROWID)",
};

// The life cycle: roles, pairs, tickets, own scopes, richer bindings and consent. Columns that are added to a table are
// NULL in older rows, which therefore keep their MACs.
constexpr auto life_cycle = std::to_array<std::string_view>({
    R"(CREATE TABLE role_grants (
    id TEXT PRIMARY KEY, role TEXT NOT NULL, app TEXT NOT NULL, tenant TEXT NOT NULL, user TEXT NOT NULL,
    uid INTEGER NOT NULL, group_name TEXT NOT NULL, gid INTEGER NOT NULL, expires_at INTEGER,
    created_at INTEGER NOT NULL, created_by TEXT NOT NULL, mac BLOB NOT NULL
) STRICT)",
    R"(CREATE INDEX role_grants_uid ON role_grants (uid))",
    R"(CREATE TABLE pairs (
    id TEXT PRIMARY KEY, connection TEXT NOT NULL, environment TEXT NOT NULL, client_id TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL, sealed BLOB NOT NULL, user TEXT NOT NULL, uid INTEGER NOT NULL, group_name TEXT NOT NULL,
    gid INTEGER NOT NULL, unit TEXT NOT NULL, expires_at INTEGER, revoked INTEGER NOT NULL, created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL, mac BLOB NOT NULL
) STRICT)",
    R"(CREATE INDEX pairs_connection ON pairs (connection))",
    R"(CREATE TABLE tickets (
    id TEXT PRIMARY KEY, connection TEXT NOT NULL, sealed BLOB NOT NULL, user TEXT NOT NULL, uid INTEGER NOT NULL,
    act TEXT NOT NULL, overlap INTEGER NOT NULL, state TEXT NOT NULL, expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL, created_by TEXT NOT NULL, claimed_at INTEGER, mac BLOB NOT NULL
) STRICT)",
    R"(CREATE INDEX tickets_connection ON tickets (connection))",
    R"(CREATE INDEX tickets_uid ON tickets (uid))",
    R"(CREATE TABLE scopes (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, group_name TEXT NOT NULL, display_name TEXT NOT NULL,
    created_at INTEGER NOT NULL, mac BLOB NOT NULL
) STRICT)",
    R"(CREATE TABLE audit_checkpoints (
    id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL, pruned_by TEXT NOT NULL,
    mac BLOB NOT NULL
) STRICT)",
    R"(ALTER TABLE apps ADD COLUMN external_data_guid TEXT)",
    R"(ALTER TABLE connections ADD COLUMN consent_on_behalf_of TEXT)",
    R"(ALTER TABLE connections ADD COLUMN token_generation INTEGER)",
    R"(ALTER TABLE connections ADD COLUMN tenant_pause_by TEXT)",
    R"(ALTER TABLE connections ADD COLUMN tenant_pause_reason TEXT)",
    R"(ALTER TABLE connections ADD COLUMN tenant_pause_at INTEGER)",
    R"(ALTER TABLE connections ADD COLUMN operator_pause_by TEXT)",
    R"(ALTER TABLE connections ADD COLUMN operator_pause_reason TEXT)",
    R"(ALTER TABLE connections ADD COLUMN operator_pause_at INTEGER)",
    R"(ALTER TABLE bindings ADD COLUMN kind TEXT)",
    R"(ALTER TABLE bindings ADD COLUMN app TEXT)",
    R"(ALTER TABLE bindings ADD COLUMN group_name TEXT)",
    R"(ALTER TABLE bindings ADD COLUMN gid INTEGER)",
    R"(ALTER TABLE bindings ADD COLUMN unit TEXT)",
    R"(ALTER TABLE bindings ADD COLUMN expires_at INTEGER)",
    R"(CREATE INDEX bindings_environment ON bindings (environment))",
    R"(CREATE INDEX bindings_identity ON bindings (gid, unit) WHERE gid IS NOT NULL OR unit IS NOT NULL)",
    R"(CREATE INDEX pairs_identity ON pairs (gid, unit) WHERE gid >= 0 OR unit <> '')",
    R"(CREATE INDEX secrets_prefix ON secrets (prefix))",
    R"(CREATE INDEX pairs_prefix ON pairs (prefix))",
    R"(ALTER TABLE audit ADD COLUMN actor_unit TEXT)",
    R"(CREATE INDEX audit_tenant ON audit (tenant) WHERE tenant <> '')",
    R"(CREATE INDEX audit_at ON audit (at))",
});

// Keys: slots that the root key can be wrapped for without what opens them, environments whose data key is being
// rotated, under which generation of it a value is sealed, and what an upstream secret was imported for.
constexpr auto keys = std::to_array<std::string_view>({
    R"(ALTER TABLE key_slots ADD COLUMN public_key BLOB)",
    R"(ALTER TABLE key_slots ADD COLUMN authenticator BLOB)",
    R"(ALTER TABLE key_slots ADD COLUMN authenticator_key BLOB)",
    R"(ALTER TABLE key_slots ADD COLUMN passes INTEGER)",
    R"(ALTER TABLE key_slots ADD COLUMN memory INTEGER)",
    R"(ALTER TABLE environments ADD COLUMN retiring_data_key BLOB)",
    R"(ALTER TABLE environments ADD COLUMN rotation_pending INTEGER)",
    R"(ALTER TABLE signing_keys ADD COLUMN key_generation INTEGER)",
    R"(ALTER TABLE secrets ADD COLUMN key_generation INTEGER)",
    R"(ALTER TABLE pairs ADD COLUMN key_generation INTEGER)",
    R"(ALTER TABLE tickets ADD COLUMN key_generation INTEGER)",
    R"(ALTER TABLE secrets ADD COLUMN destination TEXT)",
});

// Token endpoints elsewhere: what one of them wants in the form beside the pair.
constexpr auto upstream = std::to_array<std::string_view>({
    R"(ALTER TABLE connections ADD COLUMN form_fields TEXT)",
});

// The token socket to the letter of the standards: what tokens are signed with, and until when a key that signs no
// longer is published; clients that prove who they are by a key, and what they have shown; revoked tokens, whom tokens
// are for, and who may introspect which of them.
// A client ID of a network of tenants is that of several connections, which differ in their form fields.
constexpr auto oauth = std::to_array<std::string_view>({
    R"(ALTER TABLE signing_keys ADD COLUMN algorithm TEXT)",
    R"(ALTER TABLE signing_keys ADD COLUMN published_until INTEGER)",
    R"(CREATE TABLE revoked_tokens (
    id TEXT PRIMARY KEY, environment TEXT NOT NULL, connection TEXT NOT NULL, expires_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL, revoked_by TEXT NOT NULL, mac BLOB NOT NULL
) STRICT)",
    R"(CREATE INDEX revoked_tokens_connection ON revoked_tokens (connection))",
    R"(CREATE INDEX revoked_tokens_expires_at ON revoked_tokens (expires_at))",
    R"(ALTER TABLE environments ADD COLUMN resources TEXT)",
    R"(ALTER TABLE bindings ADD COLUMN resource TEXT)",
    R"(DROP INDEX connections_client_id)",
    R"(CREATE UNIQUE INDEX connections_client ON connections (environment, client_id, COALESCE(form_fields, '')) WHERE client_id <> '')",
    R"(CREATE TABLE client_keys (
    id TEXT PRIMARY KEY, connection TEXT NOT NULL, kid TEXT NOT NULL, algorithm TEXT NOT NULL, public_key BLOB NOT NULL,
    expires_at INTEGER, created_at INTEGER NOT NULL, created_by TEXT NOT NULL, mac BLOB NOT NULL,
    UNIQUE (connection, kid)
) STRICT)",
    R"(CREATE TABLE used_assertions (
    connection TEXT NOT NULL, jti TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (connection, jti)
) STRICT, WITHOUT ROWID)",
    R"(CREATE INDEX used_assertions_expires_at ON used_assertions (expires_at))",
});

// A hundred thousand connections, and years of audit: what is asked after each commit, each second, or by somebody who
// looks into the audit does not read whole tables.
constexpr auto scale = std::to_array<std::string_view>({
    R"(CREATE INDEX secrets_deactivates_at ON secrets (deactivates_at) WHERE deactivates_at IS NOT NULL)",
    R"(CREATE INDEX pairs_expires_at ON pairs (expires_at) WHERE expires_at IS NOT NULL)",
    R"(CREATE INDEX bindings_expires_at ON bindings (expires_at) WHERE expires_at IS NOT NULL)",
    R"(CREATE INDEX client_keys_expires_at ON client_keys (expires_at) WHERE expires_at IS NOT NULL)",
    R"(CREATE INDEX tickets_expires_at ON tickets (expires_at))",
    R"(CREATE INDEX token_cache_expires_at ON token_cache (expires_at))",
    R"(CREATE INDEX bindings_default ON bindings (uid) WHERE is_default = 1)",
    R"(CREATE INDEX bindings_kind ON bindings (environment) WHERE kind IS NOT NULL)",
    R"(CREATE INDEX bindings_container ON bindings (uid) WHERE allow_container = 1)",
    R"(CREATE INDEX pairs_uid ON pairs (uid) WHERE revoked = 0)",
    R"(CREATE INDEX tickets_open ON tickets (uid) WHERE state = 'open')",
    R"(DROP INDEX connections_environment)",
    // Counted for `status` and `metrics` without reading a row.
    R"(CREATE INDEX connections_state ON connections (environment, state, id))",
    R"(DROP INDEX secrets_connection)",
    R"(CREATE INDEX secrets_of ON secrets (connection, state, deactivates_at, created_at))",
    R"(CREATE INDEX audit_actor_user ON audit (actor_user))",
    R"(CREATE INDEX audit_refused ON audit (sequence, event) WHERE refused = 1)",
    R"(CREATE INDEX audit_change ON audit (sequence, event) WHERE event NOT GLOB 'token.*')",
    // Of each block of entries the earliest and the latest time: most blocks need not be read for a span of time,
    // and no order of the times is relied on, for a clock may have been set back.
    R"(DROP INDEX audit_at)",
    R"(CREATE INDEX audit_block_at ON audit (sequence >> 12, at))",
});

constexpr std::array steps{Migration{1, first},    Migration{2, life_cycle}, Migration{3, keys},
                           Migration{4, upstream}, Migration{5, oauth},      Migration{6, scale}};
static_assert(steps.back().to == schema_version);

}  // namespace

std::span<const Migration> migrations() { return steps; }

}  // namespace jeton::vault
