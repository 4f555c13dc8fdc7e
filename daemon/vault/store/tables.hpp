/// The authority tables: which member stands in which column. The schema text is in schema.cpp; a test holds both
/// together.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "daemon/vault/domain/app.hpp"
#include "daemon/vault/domain/audit_checkpoint.hpp"
#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/domain/client_key.hpp"
#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/domain/pair.hpp"
#include "daemon/vault/domain/revoked_token.hpp"
#include "daemon/vault/domain/role.hpp"
#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/domain/signing_algorithm.hpp"
#include "daemon/vault/domain/tenant.hpp"
#include "daemon/vault/domain/ticket.hpp"
#include "daemon/vault/store/table.hpp"

namespace jeton::vault {

template <class T>
using Word = std::type_identity<T>;
inline std::optional<EnvironmentKind> parse_word(Word<EnvironmentKind>, std::string_view w) {
    return environment_kind(w);
}
inline std::optional<ClientAuth> parse_word(Word<ClientAuth>, std::string_view w) { return client_auth(w); }
inline std::optional<CredentialsMode> parse_word(Word<CredentialsMode>, std::string_view w) {
    return credentials_mode(w);
}
inline std::optional<ConnectionState> parse_word(Word<ConnectionState>, std::string_view w) {
    return connection_state(w);
}
inline std::optional<SecretKind> parse_word(Word<SecretKind>, std::string_view w) { return secret_kind(w); }
inline std::optional<SecretState> parse_word(Word<SecretState>, std::string_view w) { return secret_state(w); }
inline std::optional<KeySlotKind> parse_word(Word<KeySlotKind>, std::string_view w) { return key_slot_kind(w); }

inline std::optional<Role> parse_word(Word<Role>, std::string_view w) { return role_named(w); }
inline std::optional<BindingKind> parse_word(Word<BindingKind>, std::string_view w) { return binding_kind(w); }
inline std::optional<SigningAlgorithm> parse_word(Word<SigningAlgorithm>, std::string_view w) {
    return signing_algorithm(w);
}
inline std::optional<TicketState> parse_word(Word<TicketState>, std::string_view w) { return ticket_state(w); }
inline std::optional<TicketAct> parse_word(Word<TicketAct>, std::string_view w) { return ticket_act(w); }

inline constexpr std::size_t authority_table_count = 16;

template <>
struct Table<Environment> {
    static constexpr std::string_view name = "environments";
    static constexpr std::size_t ordinal = 0;
    static constexpr auto columns = std::tuple{Column{"id", &Environment::id},
                                               Column{"name", &Environment::name},
                                               Column{"kind", &Environment::kind},
                                               Column{"token_endpoint", &Environment::token_endpoint},
                                               Column{"client_auth", &Environment::client_auth},
                                               Column{"host_aliases", &Environment::host_aliases},
                                               Column{"ca_file", &Environment::ca_file},
                                               Column{"allow_loopback_http", &Environment::allow_loopback_http},
                                               Column{"developer_access", &Environment::developer_access},
                                               Column{"tenant_claim_required", &Environment::tenant_claim_required},
                                               Column{"issuer", &Environment::issuer},
                                               Column{"key_generation", &Environment::key_generation},
                                               Column{"wrapped_data_key", &Environment::wrapped_data_key},
                                               Column{"created_at", &Environment::created_at},
                                               AddedColumn{"retiring_data_key", &Environment::retiring_data_key},
                                               AddedColumn{"rotation_pending", &Environment::rotation_pending},
                                               AddedColumn{"resources", &Environment::resources}};
};

template <>
struct Table<SigningKey> {
    static constexpr std::string_view name = "signing_keys";
    static constexpr std::size_t ordinal = 1;
    static constexpr auto columns = std::tuple{Column{"id", &SigningKey::id},
                                               Column{"environment", &SigningKey::environment},
                                               Column{"kid", &SigningKey::kid},
                                               Column{"public_key", &SigningKey::public_key},
                                               Column{"sealed_private_key", &SigningKey::sealed_private_key},
                                               Column{"created_at", &SigningKey::created_at},
                                               AddedColumn{"key_generation", &SigningKey::key_generation},
                                               AddedColumn{"algorithm", &SigningKey::algorithm},
                                               AddedColumn{"published_until", &SigningKey::published_until}};
};

template <>
struct Table<Tenant> {
    static constexpr std::string_view name = "tenants";
    static constexpr std::size_t ordinal = 2;
    static constexpr auto columns = std::tuple{Column{"id", &Tenant::id}, Column{"environment", &Tenant::environment},
                                               Column{"tenant", &Tenant::tenant}, Column{"name", &Tenant::name},
                                               Column{"created_at", &Tenant::created_at}};
};

template <>
struct Table<App> {
    static constexpr std::string_view name = "apps";
    static constexpr std::size_t ordinal = 3;
    static constexpr auto columns = std::tuple{Column{"id", &App::id},
                                               Column{"name", &App::name},
                                               Column{"organization", &App::organization},
                                               Column{"homepage", &App::homepage},
                                               Column{"credentials", &App::credentials},
                                               Column{"app_key", &App::app_key},
                                               Column{"current_version", &App::current_version},
                                               Column{"created_at", &App::created_at},
                                               AddedColumn{"external_data_guid", &App::external_data_guid}};
};

template <>
struct Table<AppVersion> {
    static constexpr std::string_view name = "app_versions";
    static constexpr std::size_t ordinal = 4;
    static constexpr auto columns = std::tuple{Column{"id", &AppVersion::id},
                                               Column{"app", &AppVersion::app},
                                               Column{"number", &AppVersion::number},
                                               Column{"scopes", &AppVersion::scopes},
                                               Column{"created_at", &AppVersion::created_at},
                                               Column{"created_by", &AppVersion::created_by}};
};

template <>
struct Table<Connection> {
    static constexpr std::string_view name = "connections";
    static constexpr std::size_t ordinal = 5;
    static constexpr auto columns = std::tuple{Column{"id", &Connection::id},
                                               Column{"app", &Connection::app},
                                               Column{"tenant", &Connection::tenant},
                                               Column{"environment", &Connection::environment},
                                               Column{"state", &Connection::state},
                                               Column{"listed", &Connection::listed},
                                               Column{"note", &Connection::note},
                                               Column{"client_id", &Connection::client_id},
                                               Column{"accepted_version", &Connection::accepted_version},
                                               Column{"consent_source", &Connection::consent_source},
                                               Column{"consent_by", &Connection::consent_by},
                                               Column{"consent_reason", &Connection::consent_reason},
                                               Column{"consent_at", &Connection::consent_at},
                                               Column{"created_at", &Connection::created_at},
                                               AddedColumn{"consent_on_behalf_of", &Connection::consent_on_behalf_of},
                                               AddedColumn{"token_generation", &Connection::token_generation},
                                               AddedColumn{"tenant_pause_by", &Connection::tenant_pause_by},
                                               AddedColumn{"tenant_pause_reason", &Connection::tenant_pause_reason},
                                               AddedColumn{"tenant_pause_at", &Connection::tenant_pause_at},
                                               AddedColumn{"operator_pause_by", &Connection::operator_pause_by},
                                               AddedColumn{"operator_pause_reason", &Connection::operator_pause_reason},
                                               AddedColumn{"operator_pause_at", &Connection::operator_pause_at},
                                               AddedColumn{"form_fields", &Connection::form_fields}};
};

template <>
struct Table<Secret> {
    static constexpr std::string_view name = "secrets";
    static constexpr std::size_t ordinal = 6;
    static constexpr auto columns = std::tuple{Column{"id", &Secret::id},
                                               Column{"connection", &Secret::connection},
                                               Column{"kind", &Secret::kind},
                                               Column{"prefix", &Secret::prefix},
                                               Column{"state", &Secret::state},
                                               Column{"sealed", &Secret::sealed},
                                               Column{"created_at", &Secret::created_at},
                                               Column{"created_by", &Secret::created_by},
                                               Column{"deactivates_at", &Secret::deactivates_at},
                                               AddedColumn{"key_generation", &Secret::key_generation},
                                               AddedColumn{"destination", &Secret::destination}};
};

template <>
struct Table<Binding> {
    static constexpr std::string_view name = "bindings";
    static constexpr std::size_t ordinal = 7;
    static constexpr auto columns = std::tuple{Column{"id", &Binding::id},
                                               Column{"connection", &Binding::connection},
                                               Column{"environment", &Binding::environment},
                                               Column{"user", &Binding::user},
                                               Column{"uid", &Binding::uid},
                                               Column{"is_default", &Binding::is_default},
                                               Column{"allow_container", &Binding::allow_container},
                                               Column{"created_at", &Binding::created_at},
                                               AddedColumn{"kind", &Binding::kind},
                                               AddedColumn{"app", &Binding::app},
                                               AddedColumn{"group_name", &Binding::group},
                                               AddedColumn{"gid", &Binding::gid},
                                               AddedColumn{"unit", &Binding::unit},
                                               AddedColumn{"expires_at", &Binding::expires_at},
                                               AddedColumn{"resource", &Binding::resource}};
};

template <>
struct Table<KeySlot> {
    static constexpr std::string_view name = "key_slots";
    static constexpr std::size_t ordinal = 8;
    static constexpr auto columns = std::tuple{Column{"id", &KeySlot::id},
                                               Column{"kind", &KeySlot::kind},
                                               Column{"label", &KeySlot::label},
                                               Column{"salt", &KeySlot::salt},
                                               Column{"wrapped", &KeySlot::wrapped},
                                               Column{"created_at", &KeySlot::created_at},
                                               AddedColumn{"public_key", &KeySlot::public_key},
                                               AddedColumn{"authenticator", &KeySlot::authenticator},
                                               AddedColumn{"authenticator_key", &KeySlot::authenticator_key},
                                               AddedColumn{"passes", &KeySlot::passes},
                                               AddedColumn{"memory", &KeySlot::memory}};
};

template <>
struct Table<RoleGrant> {
    static constexpr std::string_view name = "role_grants";
    static constexpr std::size_t ordinal = 9;
    static constexpr auto columns = std::tuple{Column{"id", &RoleGrant::id},
                                               Column{"role", &RoleGrant::role},
                                               Column{"app", &RoleGrant::app},
                                               Column{"tenant", &RoleGrant::tenant},
                                               Column{"user", &RoleGrant::user},
                                               Column{"uid", &RoleGrant::uid},
                                               Column{"group_name", &RoleGrant::group},
                                               Column{"gid", &RoleGrant::gid},
                                               Column{"expires_at", &RoleGrant::expires_at},
                                               Column{"created_at", &RoleGrant::created_at},
                                               Column{"created_by", &RoleGrant::created_by}};
};

template <>
struct Table<Pair> {
    static constexpr std::string_view name = "pairs";
    static constexpr std::size_t ordinal = 10;
    static constexpr auto columns = std::tuple{Column{"id", &Pair::id},
                                               Column{"connection", &Pair::connection},
                                               Column{"environment", &Pair::environment},
                                               Column{"client_id", &Pair::client_id},
                                               Column{"prefix", &Pair::prefix},
                                               Column{"sealed", &Pair::sealed},
                                               Column{"user", &Pair::user},
                                               Column{"uid", &Pair::uid},
                                               Column{"group_name", &Pair::group},
                                               Column{"gid", &Pair::gid},
                                               Column{"unit", &Pair::unit},
                                               Column{"expires_at", &Pair::expires_at},
                                               Column{"revoked", &Pair::revoked},
                                               Column{"created_at", &Pair::created_at},
                                               Column{"created_by", &Pair::created_by},
                                               AddedColumn{"key_generation", &Pair::key_generation}};
};

template <>
struct Table<Ticket> {
    static constexpr std::string_view name = "tickets";
    static constexpr std::size_t ordinal = 11;
    static constexpr auto columns = std::tuple{Column{"id", &Ticket::id},
                                               Column{"connection", &Ticket::connection},
                                               Column{"sealed", &Ticket::sealed},
                                               Column{"user", &Ticket::user},
                                               Column{"uid", &Ticket::uid},
                                               Column{"act", &Ticket::act},
                                               Column{"overlap", &Ticket::overlap},
                                               Column{"state", &Ticket::state},
                                               Column{"expires_at", &Ticket::expires_at},
                                               Column{"created_at", &Ticket::created_at},
                                               Column{"created_by", &Ticket::created_by},
                                               Column{"claimed_at", &Ticket::claimed_at},
                                               AddedColumn{"key_generation", &Ticket::key_generation}};
};

template <>
struct Table<OwnScope> {
    static constexpr std::string_view name = "scopes";
    static constexpr std::size_t ordinal = 12;
    static constexpr auto columns =
        std::tuple{Column{"id", &OwnScope::id}, Column{"name", &OwnScope::name}, Column{"group_name", &OwnScope::group},
                   Column{"display_name", &OwnScope::display_name}, Column{"created_at", &OwnScope::created_at}};
};

template <>
struct Table<AuditCheckpoint> {
    static constexpr std::string_view name = "audit_checkpoints";
    static constexpr std::size_t ordinal = 13;
    static constexpr auto columns =
        std::tuple{Column{"id", &AuditCheckpoint::id}, Column{"sequence", &AuditCheckpoint::sequence},
                   Column{"hash", &AuditCheckpoint::hash}, Column{"at", &AuditCheckpoint::at},
                   Column{"pruned_by", &AuditCheckpoint::pruned_by}};
};

template <>
struct Table<ClientKey> {
    static constexpr std::string_view name = "client_keys";
    static constexpr std::size_t ordinal = 14;
    static constexpr auto columns = std::tuple{Column{"id", &ClientKey::id},
                                               Column{"connection", &ClientKey::connection},
                                               Column{"kid", &ClientKey::kid},
                                               Column{"algorithm", &ClientKey::algorithm},
                                               Column{"public_key", &ClientKey::public_key},
                                               Column{"expires_at", &ClientKey::expires_at},
                                               Column{"created_at", &ClientKey::created_at},
                                               Column{"created_by", &ClientKey::created_by}};
};

template <>
struct Table<RevokedToken> {
    static constexpr std::string_view name = "revoked_tokens";
    static constexpr std::size_t ordinal = 15;
    static constexpr auto columns = std::tuple{Column{"id", &RevokedToken::id},
                                               Column{"environment", &RevokedToken::environment},
                                               Column{"connection", &RevokedToken::connection},
                                               Column{"expires_at", &RevokedToken::expires_at},
                                               Column{"revoked_at", &RevokedToken::revoked_at},
                                               Column{"revoked_by", &RevokedToken::revoked_by}};
};

/// In the order of their ordinals.
[[nodiscard]] const std::array<const TableInfo*, authority_table_count>& authority_tables();

}  // namespace jeton::vault
