/// The verbs of each noun, added to the command line in the order in which the help lists them.
#pragma once

#include <span>

#include "cli/command_line.hpp"
#include "cli/context.hpp"

namespace jeton::cli {

void add_store_verbs(CommandLine& line);        // init seal unseal whoami
void add_status_verb(CommandLine& line);        // status
void add_doctor_verb(CommandLine& line);        // doctor
void add_key_verbs(CommandLine& line);          // key rotate, key slot add|list|remove|test
void add_role_verbs(CommandLine& line);         // role grant|revoke|list|matrix
void add_environment_verbs(CommandLine& line);  // environment create|list|show|edit|delete
void add_scope_verbs(CommandLine& line);        // scope list|add|import
void add_tenant_verbs(CommandLine& line);       // tenant create|list|show|edit
void add_app_verbs(CommandLine& line);          // app create|list|show|edit|delete|publish|versions|connections|tenant
void add_connection_verbs(CommandLine& line);   // connection list|show|edit
void add_connection_key_verbs(CommandLine& line);  // connection key add|list|remove
void add_access_verbs(CommandLine& line);          // access list|review|allow|decline|record|disable|enable
void add_secret_verbs(CommandLine& line);          // secret generate|rotate|rollback|import|list|identify|deactivate
void add_import_verb(CommandLine& line);           // import
void add_apply_verbs(CommandLine& line);           // apply export
void add_ticket_verbs(CommandLine& line);          // ticket list|revoke|claim
void add_pair_verbs(CommandLine& line);            // pair create|list|revoke
void add_binding_verbs(CommandLine& line);         // binding add|list|remove
void add_explain_verb(CommandLine& line);          // explain
void add_token_verb(CommandLine& line);            // token
void add_exec_verb(CommandLine& line);             // exec
void add_introspect_verb(CommandLine& line);       // introspect
void add_revoke_verb(CommandLine& line);           // revoke
void add_audit_verbs(CommandLine& line);           // audit list|verify|export|prune

void add_backup_verbs(CommandLine& line);      // backup restore
void add_completion_verbs(CommandLine& line);  // completion, complete-words

/// All of them.
void add_all_verbs(CommandLine& line);
/// Those that a command line can be about: to describe all of them takes longer than to get a token. All where its
/// first word is not known, or is about others.
void add_verbs_for(CommandLine& line, std::span<const char* const> words);

/// Asks for what makes a recovery key, and shows the key, once; the exit code.
int reveal_recovery_key(Context& context, const Call& call);

}  // namespace jeton::cli
