/// A small child that connects to a private socket for a process that may not connect to anything itself, and passes
/// each connected end to it: reads no stranger's byte, holds no key, sees nothing of what is said.
#pragma once

#include <filesystem>

#include <sys/types.h>

#include "daemon/base/unique_fd.hpp"

namespace jeton {

struct Connector {
    pid_t pid;
    UniqueFd link;  ///< SOCK_SEQPACKET; `receive_fd` (pass_fd.hpp) takes the ends from it
};

/// Forks it: before any thread, event loop, key or stranger's byte. Called `name` (≤ 15 bytes), it confines itself,
/// connects to `socket` (see `connect_to_root`) and sends the end with the byte `tag`; where it cannot, it says why in
/// the log and tries again each second. Signals that are meant for all do not end it; it ends with this process.
/// Throws std::system_error where the kernel refuses.
[[nodiscard]] Connector start_connector(const char* name, const std::filesystem::path& socket, char tag);

/// Once for each end that was lost. Never waits.
void ask_for_connection(int link);

}  // namespace jeton
