#include "daemon/vault/domain/words.hpp"

#include "daemon/vault/domain/app.hpp"
#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/domain/role.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/domain/signing_algorithm.hpp"
#include "daemon/vault/domain/ticket.hpp"

namespace jeton::vault {
namespace {

constexpr Words<EnvironmentKind, 2> environment_kinds{
    {{EnvironmentKind::local, "local"}, {EnvironmentKind::upstream, "upstream"}}};
constexpr Words<ClientAuth, 2> client_auths{{{ClientAuth::post, "post"}, {ClientAuth::basic, "basic"}}};
constexpr Words<SigningAlgorithm, signing_algorithms.size()> algorithm_names{
    {{SigningAlgorithm::eddsa, "EdDSA"}, {SigningAlgorithm::rs256, "RS256"}, {SigningAlgorithm::es256, "ES256"}}};
constexpr Words<CredentialsMode, 2> credentials_modes{
    {{CredentialsMode::developer, "developer"}, {CredentialsMode::tenant, "tenant"}}};
constexpr Words<ConnectionState, 3> connection_states{{{ConnectionState::not_connected, "not-connected"},
                                                       {ConnectionState::connected, "connected"},
                                                       {ConnectionState::disabled, "disabled"}}};
constexpr Words<SecretKind, 2> secret_kinds{{{SecretKind::verifier, "verifier"}, {SecretKind::value, "value"}}};
constexpr Words<SecretState, 2> secret_states{
    {{SecretState::active, "active"}, {SecretState::deactivated, "deactivated"}}};
constexpr Words<KeySlotKind, 4> key_slot_kinds{{{KeySlotKind::passphrase, "passphrase"},
                                                {KeySlotKind::key_file, "key-file"},
                                                {KeySlotKind::systemd_credential, "systemd-credential"},
                                                {KeySlotKind::recovery, "recovery"}}};
constexpr Words<Role, 4> roles{{{Role::host_operator, "operator"},
                                {Role::auditor, "auditor"},
                                {Role::developer, "developer"},
                                {Role::tenant_admin, "tenant-admin"}}};
constexpr Words<BindingKind, 3> binding_kinds{{{BindingKind::connection, "connection"},
                                               {BindingKind::pattern, "pattern"},
                                               {BindingKind::introspection, "introspection"}}};
constexpr Words<TicketState, 3> ticket_states{
    {{TicketState::open, "open"}, {TicketState::claimed, "claimed"}, {TicketState::revoked, "revoked"}}};
constexpr Words<TicketAct, 2> ticket_acts{{{TicketAct::generate, "generate"}, {TicketAct::rotate, "rotate"}}};

}  // namespace

std::string_view name_of(EnvironmentKind kind) { return word_for(environment_kinds, kind); }
std::optional<EnvironmentKind> environment_kind(std::string_view name) { return value_for(environment_kinds, name); }
std::string_view name_of(ClientAuth auth) { return word_for(client_auths, auth); }
std::optional<ClientAuth> client_auth(std::string_view name) { return value_for(client_auths, name); }
std::string_view name_of(SigningAlgorithm algorithm) { return word_for(algorithm_names, algorithm); }
std::optional<SigningAlgorithm> signing_algorithm(std::string_view name) { return value_for(algorithm_names, name); }
std::string_view name_of(CredentialsMode mode) { return word_for(credentials_modes, mode); }
std::optional<CredentialsMode> credentials_mode(std::string_view name) { return value_for(credentials_modes, name); }
std::string_view name_of(ConnectionState state) { return word_for(connection_states, state); }
std::optional<ConnectionState> connection_state(std::string_view name) { return value_for(connection_states, name); }
std::string_view name_of(SecretKind kind) { return word_for(secret_kinds, kind); }
std::optional<SecretKind> secret_kind(std::string_view name) { return value_for(secret_kinds, name); }
std::string_view name_of(SecretState state) { return word_for(secret_states, state); }
std::optional<SecretState> secret_state(std::string_view name) { return value_for(secret_states, name); }
std::string_view name_of(KeySlotKind kind) { return word_for(key_slot_kinds, kind); }
std::optional<KeySlotKind> key_slot_kind(std::string_view name) { return value_for(key_slot_kinds, name); }
std::string_view name_of(Role role) { return word_for(roles, role); }
std::optional<Role> role_named(std::string_view name) { return value_for(roles, name); }
std::string_view name_of(BindingKind kind) { return word_for(binding_kinds, kind); }
std::optional<BindingKind> binding_kind(std::string_view name) { return value_for(binding_kinds, name); }
std::string_view name_of(TicketState state) { return word_for(ticket_states, state); }
std::optional<TicketState> ticket_state(std::string_view name) { return value_for(ticket_states, name); }
std::string_view name_of(TicketAct act) { return word_for(ticket_acts, act); }
std::optional<TicketAct> ticket_act(std::string_view name) { return value_for(ticket_acts, name); }

}  // namespace jeton::vault
