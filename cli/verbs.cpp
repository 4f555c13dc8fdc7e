#include "cli/verbs.hpp"

namespace jeton::cli {

void add_all_verbs(CommandLine& line) {
    add_store_verbs(line);
    add_status_verb(line);
    add_doctor_verb(line);
    add_key_verbs(line);
    add_role_verbs(line);
    add_environment_verbs(line);
    add_scope_verbs(line);
    add_tenant_verbs(line);
    add_app_verbs(line);
    add_connection_verbs(line);
    add_connection_key_verbs(line);
    add_access_verbs(line);
    add_secret_verbs(line);
    add_import_verb(line);
    add_apply_verbs(line);
    add_ticket_verbs(line);
    add_pair_verbs(line);
    add_binding_verbs(line);
    add_explain_verb(line);
    add_token_verb(line);
    add_exec_verb(line);
    add_introspect_verb(line);
    add_revoke_verb(line);
    add_audit_verbs(line);
    add_backup_verbs(line);
    add_completion_verbs(line);
}

}  // namespace jeton::cli
