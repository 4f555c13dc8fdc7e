/// The verbs of each noun, added to the command line in the order in which the help lists them.
#pragma once

#include "cli/command_line.hpp"
#include "cli/context.hpp"

namespace jeton::cli {

void add_store_verbs(CommandLine& line);        // init status seal unseal whoami
void add_key_verbs(CommandLine& line);          // key slot add|list
void add_environment_verbs(CommandLine& line);  // environment create|list|show
void add_tenant_verbs(CommandLine& line);       // tenant create|list|show
void add_app_verbs(CommandLine& line);          // app create|list|show|connections, app tenant add
void add_access_verbs(CommandLine& line);       // access review|allow|decline|disable|enable
void add_secret_verbs(CommandLine& line);       // secret generate|import|list|deactivate
void add_binding_verbs(CommandLine& line);      // binding add|list
void add_token_verb(CommandLine& line);         // token
void add_audit_verbs(CommandLine& line);        // audit list|verify

/// Asks for what makes a recovery key, and shows the key, once; the exit code.
int reveal_recovery_key(Context& context, const Call& call);

}  // namespace jeton::cli
