/// Where the front's links to the vault come from. Either a supervisor starts the two helpers of `jetond` and starts
/// them again when they end, or the vault is a service of its own and a connector reaches it. Both are a small process
/// that holds no key and reads no stranger's bytes, forked before the front has any.
#pragma once

#include <filesystem>
#include <optional>

#include "daemon/base/config.hpp"
#include "daemon/base/unique_fd.hpp"

namespace jeton::front {

struct Supervisor {
    int pid;
    UniqueFd
        link;  ///< SOCK_SEQPACKET; readable when a new vault link waits, closed by the other side when it has ended
    bool brings_one_at_a_time = false;  ///< the next link comes when it is asked for (`ask_for_connection`)
};

/// Forks the keyless parent of vault and exchange, in a process group of its own (a Ctrl-C reaches the front alone).
/// Must run before any thread, signal handler or event loop exists. Returns in the front only.
/// The supervisor and both helpers end with the front. Throws std::system_error where the kernel refuses.
[[nodiscard]] Supervisor start_supervisor(const ConfigSource& source);

/// Forks a connector (connector.hpp) to the private socket of a vault that is a service of its own; the same holds.
[[nodiscard]] Supervisor reach_vault(const std::filesystem::path& socket);

/// The front's end of a stream socket to a vault; nothing where none waits (never waits itself); an empty one
/// where it came and this process had no descriptor left for it: it is lost. Throws std::runtime_error where the
/// supervisor, or the connector, has ended.
[[nodiscard]] std::optional<UniqueFd> receive_vault_link(int link);

/// Vault (≤ 5 s), exchange (≤ 1 s) and supervisor end in this order, or the connector; then `link` reads as closed.
/// Never waits.
void ask_to_stop(int link);

}  // namespace jeton::front
