/// Who is at the other end of a session, as the kernel says. The only place that asks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"

namespace jeton::front {

/// How long an attestation may be believed (T12).
inline constexpr std::chrono::seconds attestation_life{60};

/// The process that connected. Has no value that means "nobody": only `attest` makes one.
struct Peer {
    uid_t uid;
    gid_t gid;
    pid_t pid;     ///< 0 where the process lives outside our PID namespace
    bool foreign;  ///< of another PID namespace: its uid confers nothing (T9)
    BootTime attested_at;

    [[nodiscard]] bool is_stale(const Clock& clock) const {
        return clock.boot_time() - attested_at >= attestation_life;
    }
};

/// Asks the kernel about the peer of a connected Unix socket. Any error is a refusal (T2), and so is a peer that has
/// ended (T1): then a child of it, or nobody, holds the socket. uid 65534 and -1 are no identity (T11).
/// Refuses `forbidden`; `operator_note` has the reason. A kernel before 6.5 has no SO_PEERPIDFD: there the process is
/// looked up by its number, which serves user and group, never a unit.
[[nodiscard]] Result<Peer> attest(int socket, const Clock& clock);

/// The name of the peer's program (`/proc/PID/comm`), for audit entries only: it proves nothing.
/// Nothing where it cannot be read or the process has ended meanwhile.
[[nodiscard]] std::optional<std::string> command_of(int socket, const Peer& peer);

/// The supplementary groups the kernel gave the process. Asked only where something depends on them.
[[nodiscard]] Result<std::vector<gid_t>> groups_of(int socket);

/// Refuses to run where the kernel reports other uids than the host's (T10): every peer would look like one.
[[nodiscard]] Result<void> check_identity_map();

}  // namespace jeton::front
