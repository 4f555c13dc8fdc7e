/// Starts the two helpers of `jetond` and starts them again when they end: a small process that holds no key and reads
/// no stranger's bytes, forked before the front has any.
#pragma once

#include <optional>

#include "daemon/base/config.hpp"
#include "daemon/base/unique_fd.hpp"

namespace jeton::front {

struct Supervisor {
    int pid;
    UniqueFd
        link;  ///< SOCK_SEQPACKET; readable when a new vault link waits, closed by the other side when it has ended
};

/// Forks the keyless parent of vault and exchange, in a process group of its own (a Ctrl-C reaches the front alone).
/// Must run before any thread, signal handler or event loop exists. Returns in the front only.
/// The supervisor and both helpers end with the front. Throws std::system_error where the kernel refuses.
[[nodiscard]] Supervisor start_supervisor(const ConfigSource& source);

/// The front's end of a stream socket to a vault that has just been started; nothing where none waits (never waits
/// itself). Throws std::runtime_error where the supervisor has ended.
[[nodiscard]] std::optional<UniqueFd> receive_vault_link(int link);

/// Vault (≤ 5 s), exchange (≤ 1 s) and supervisor end in this order; then `link` reads as closed. Never waits.
void ask_to_stop(int link);

}  // namespace jeton::front
