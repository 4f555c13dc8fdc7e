/// What the vault, and the process that reads files for it, give up for good. Why: docs/decisions/0019-….md.
#pragma once

#include "daemon/base/config.hpp"

namespace jeton::vault {

/// Before the database is opened. Keeps: the state and anchor directories (made here, if they can be), its open
/// descriptors, threads. No other file but through the file helper, no socket, no new process. As a service of its own
/// it also keeps taking connections on the socket that it has, and datagrams to the service manager.
void confine_vault(const Config& config, bool is_service);

/// For the file helper: reads files, makes new ones; no socket, no new process, nothing changed or replaced.
void confine_file_helper();

}  // namespace jeton::vault
