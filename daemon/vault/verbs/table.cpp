#include "daemon/vault/verbs/table.hpp"

#include <algorithm>
#include <array>

#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault {
namespace {

using enum ConnectionState;

constexpr RoleSet operators{Role::host_operator};
constexpr RoleSet auditors{Role::host_operator, Role::auditor};
constexpr RoleSet developers{Role::host_operator, Role::developer};
constexpr RoleSet app_readers{Role::host_operator, Role::auditor, Role::developer};
// An operator decides for a tenant only on its behalf, and says so: services/access.
constexpr RoleSet tenant_admins{Role::host_operator, Role::tenant_admin};
constexpr RoleSet tenant_readers{Role::host_operator, Role::auditor, Role::tenant_admin};
// Which of both configures credentials is the app's to say: may_configure in services/standing.
constexpr RoleSet configurers{Role::host_operator, Role::developer, Role::tenant_admin};
constexpr RoleSet all_roles{Role::host_operator, Role::auditor, Role::developer, Role::tenant_admin};

constexpr StateSet undecided{not_connected, connected};
constexpr StateSet was_allowed{connected, disabled};

/// Asks for no role: the verb itself looks at who asks.
template <class Function>
constexpr Verb anyone(std::string_view name, std::string_view command, Function function) {
    Verb verb{name, command, function, RoleSet{}};
    verb.for_anyone = true;
    return verb;
}

/// What was counted is written down first, so that the answer misses nothing.
constexpr Verb showing_usage(Verb verb) {
    verb.shows_usage = true;
    return verb;
}

constexpr std::array table{
    // the token socket
    anyone("token.issue", "token", verbs::token_issue),
    anyone("token.introspect", "introspect", verbs::token_introspect),
    anyone("token.revoke", "revoke", verbs::token_revoke),
    anyone("ticket.claim", "ticket claim", verbs::ticket_claim),
    anyone("jwks.show", "", verbs::jwks_show),
    anyone("metadata.show", "", verbs::metadata_show),
    anyone("whoami.show", "whoami", verbs::whoami_show),
    // the store and its keys
    anyone("status.show", "status", verbs::status_show),
    anyone("metrics.show", "", verbs::metrics_show),
    Verb{"doctor.show", "doctor", verbs::doctor_show, auditors},
    Verb{"doctor.accounts", "", verbs::doctor_accounts, auditors},
    Verb{"store.init", "init", verbs::store_init, operators},
    Verb{"store.seal", "seal", verbs::store_seal, operators},
    Verb{"store.unseal", "unseal", verbs::store_unseal, operators},
    Verb{"key_slot.list", "key slot list", verbs::key_slot_list, auditors},
    Verb{"key_slot.add", "key slot add", verbs::key_slot_add, operators},
    Verb{"key_slot.remove", "key slot remove", verbs::key_slot_remove, operators},
    Verb{"key_slot.test", "key slot test", verbs::key_slot_test, operators},
    Verb{"key.rotate", "key rotate", verbs::key_rotate, operators},
    Verb{"key.rotate_root", "key rotate --root", verbs::key_rotate_root, operators},
    // who may do what
    Verb{"role.grant", "role grant", verbs::role_grant, operators},
    Verb{"role.revoke", "role revoke", verbs::role_revoke, operators},
    Verb{"role.list", "role list", verbs::role_list, auditors},
    anyone("role.matrix", "role matrix", verbs::role_matrix),
    // what operators set up
    Verb{"environment.create", "environment create", verbs::environment_create, operators},
    Verb{"environment.edit", "environment edit", verbs::environment_edit, operators},
    Verb{"environment.delete", "environment delete", verbs::environment_delete, operators},
    Verb{"environment.list", "environment list", verbs::environment_list, all_roles},
    Verb{"environment.show", "environment show", verbs::environment_show, all_roles},
    Verb{"scope.list", "scope list", verbs::scope_list, all_roles},
    Verb{"scope.add", "scope add", verbs::scope_add, operators},
    Verb{"scope.import", "scope import", verbs::scope_import, operators},
    Verb{"tenant.create", "tenant create", verbs::tenant_create, operators},
    Verb{"tenant.edit", "tenant edit", verbs::tenant_edit, operators, About::tenant},
    Verb{"tenant.list", "tenant list", verbs::tenant_list, all_roles},
    Verb{"tenant.show", "tenant show", verbs::tenant_show, all_roles, About::tenant},
    Verb{"binding.add", "binding add", verbs::binding_add, operators},
    Verb{"binding.remove", "binding remove", verbs::binding_remove, operators},
    Verb{"binding.list", "binding list", verbs::binding_list, auditors},
    Verb{"binding.explain", "explain", verbs::binding_explain, all_roles, About::connection},
    Verb{"pair.create", "pair create", verbs::pair_create, operators, About::connection, was_allowed},
    Verb{"pair.revoke", "pair revoke", verbs::pair_revoke, operators},
    showing_usage({"pair.list", "pair list", verbs::pair_list, auditors, About::host}),
    // what developers do
    Verb{"app.create", "app create", verbs::app_create, developers},
    Verb{"app.list", "app list", verbs::app_list, all_roles},
    Verb{"app.show", "app show", verbs::app_show, app_readers, About::app},
    Verb{"app.edit", "app edit", verbs::app_edit, developers, About::app},
    Verb{"app.delete", "app delete", verbs::app_delete, developers, About::app},
    Verb{"app.versions", "app versions", verbs::app_versions, app_readers, About::app},
    Verb{"app.publish", "app publish", verbs::app_publish, developers, About::app},
    Verb{"app.tenant.add", "app tenant add", verbs::app_tenant_add, developers, About::app},
    Verb{"app.tenant.remove", "app tenant remove", verbs::app_tenant_remove, developers, About::connection},
    showing_usage({"app.connections", "app connections", verbs::app_connections, app_readers, About::app}),
    showing_usage({"connection.list", "connection list", verbs::connection_list, all_roles, About::host}),
    showing_usage({"connection.show", "connection show", verbs::connection_show, all_roles, About::connection}),
    Verb{"connection.edit", "connection edit", verbs::connection_edit, configurers, About::connection},
    // what tenant admins decide
    Verb{"access.list", "access list", verbs::access_list, tenant_readers},
    Verb{"access.review", "access review", verbs::access_review, all_roles, About::connection},
    Verb{"access.allow", "access allow", verbs::access_allow, tenant_admins, About::connection, undecided},
    Verb{"access.decline", "access decline", verbs::access_decline, tenant_admins, About::connection, undecided},
    Verb{"access.record", "access record", verbs::access_record, operators, About::connection, undecided},
    Verb{"access.disable", "access disable", verbs::access_disable, tenant_admins, About::connection, was_allowed},
    Verb{"access.enable", "access enable", verbs::access_enable, tenant_admins, About::connection, {disabled}},
    Verb{"access.disable_selected", "access disable --app|--tenant|--environment", verbs::access_disable_selected,
         tenant_admins},
    Verb{"access.enable_selected", "access enable --app|--tenant|--environment", verbs::access_enable_selected,
         tenant_admins},
    // an emergency brake for each side: it takes nothing that lasts, and programs get fresh tokens at once
    Verb{"token.revoke_all", "revoke --connection", verbs::token_revoke_all, configurers, About::connection,
         was_allowed},
    // who configures credentials
    Verb{"secret.generate", "secret generate", verbs::secret_generate, configurers, About::connection, {connected}},
    Verb{"secret.rotate", "secret rotate", verbs::secret_rotate, configurers, About::connection, {connected}},
    Verb{"secret.rollback", "secret rollback", verbs::secret_rollback, configurers, About::connection, {connected}},
    Verb{"secret.import", "secret import", verbs::secret_import, configurers, About::connection, {connected}},
    Verb{"secret.deactivate", "secret deactivate", verbs::secret_deactivate, configurers, About::connection,
         was_allowed},
    showing_usage({"secret.list", "secret list", verbs::secret_list, all_roles, About::host}),
    showing_usage({"secret.identify", "secret identify", verbs::secret_identify, configurers}),
    Verb{"client_key.add", "connection key add", verbs::client_key_add, configurers, About::connection, {connected}},
    Verb{"client_key.remove", "connection key remove", verbs::client_key_remove, configurers, About::connection,
         was_allowed},
    showing_usage({"client_key.list", "connection key list", verbs::client_key_list, all_roles, About::connection}),
    Verb{"import.row", "import", verbs::import_row, developers, About::app},
    Verb{"ticket.list", "ticket list", verbs::ticket_list, all_roles},
    Verb{"ticket.revoke", "ticket revoke", verbs::ticket_revoke, configurers},
    // the audit
    showing_usage({"audit.list", "audit list", verbs::audit_list, auditors, About::host}),
    showing_usage({"audit.verify", "audit verify", verbs::audit_verify, auditors, About::host}),
    Verb{"audit.compare", "audit verify --against", verbs::audit_compare, auditors},
    showing_usage({"audit.export", "audit export", verbs::audit_export, auditors, About::host}),
    showing_usage({"audit.prune", "audit prune", verbs::audit_prune, operators, About::host}),
    // backups: whoever holds a session has proved at its beginning that it holds a key
    Verb{"backup.begin", "backup", verbs::backup_begin, operators},
    Verb{"backup.page", "", verbs::backup_page, operators},
    Verb{"backup.end", "", verbs::backup_end, operators},
    Verb{"restore.begin", "restore", verbs::restore_begin, operators},
    Verb{"restore.page", "", verbs::restore_page, operators},
    Verb{"restore.check", "", verbs::restore_check, operators},
    Verb{"restore.changes", "", verbs::restore_changes, operators},
    Verb{"restore.confirm", "", verbs::restore_confirm, operators},
    Verb{"restore.end", "", verbs::restore_end, operators},
    // the front's own: checked by the desk, which knows the front's uid
    anyone("usage.report", "", verbs::usage_report),
    anyone("token.repeat", "", verbs::token_repeat),
};

}  // namespace

std::string_view name_of(About about) {
    switch (about) {
        case About::host: return "host";
        case About::app: return "app";
        case About::tenant: return "tenant";
        case About::connection: return "connection";
    }
    return {};
}

std::span<const Verb> all_verbs() { return table; }

const Verb* find_verb(std::string_view name) {
    const auto* found = std::ranges::find(table, name, &Verb::name);
    return found == table.end() ? nullptr : found;
}

}  // namespace jeton::vault
