/// Who is at the other end of a session, as the kernel says. The only place that asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/front/peer/unit.hpp"

namespace jeton::front {

/// How long an attestation may be believed (T12).
inline constexpr std::chrono::seconds attestation_life{60};

/// What is asked of a peer besides user, primary group and process: only where something depends on it.
struct Details {
    bool groups = false;
    bool unit = false;
    bool user_now = false;  ///< whether it still has the user that it connected as

    friend bool operator==(const Details&, const Details&) = default;
};

/// The process that connected. Has no value that means "nobody": only `attest` makes one.
struct Peer {
    uid_t uid;
    gid_t gid;
    pid_t pid;     ///< 0 where the process lives outside our PID namespace
    bool foreign;  ///< of another PID namespace: its uid confers nothing (T9)
    BootTime attested_at;
    /// False where the number may have come to mean another process since it connected: the kernel has no SO_PEERPIDFD,
    /// and the process is so young that it need not have been the one. `foreign` is then a guess.
    bool certain = true;
    bool changed_user = false;  ///< it has another user now than when it connected (T12); told where it was asked for
    std::optional<std::vector<gid_t>> groups = {};  ///< all of them, ascending; nothing where they were not asked for
    std::optional<Unit> unit = {};                  ///< likewise

    /// Whose sessions and wrong secrets are counted together: a user's, and apart from them those that come from
    /// another PID namespace. Root of a container must not use up what root of the host needs (T9, T18).
    [[nodiscard]] std::uint64_t counted_as() const { return (foreign ? 1ULL << 32U : 0ULL) | uid; }

    [[nodiscard]] bool is_stale(const Clock& clock) const {
        return clock.boot_time() - attested_at >= attestation_life;
    }
    /// Whether everything that is asked is here.
    [[nodiscard]] bool tells(const Details& asked) const {
        return (!asked.groups || groups.has_value()) && (!asked.unit || unit.has_value());
    }
};

/// Asks the kernel about the peer of a connected Unix socket. Any error is a refusal (T2), and so is a peer that has
/// ended (T1): then a child of it, or nobody, holds the socket. uid 65534 and -1 are no identity (T11). A unit that
/// cannot be proven is no error but an unknown unit: the kernel is too old, the process is foreign, or in none.
/// Refuses `forbidden`; `operator_note` has the reason. A kernel before 6.5 has no SO_PEERPIDFD: there the process is
/// looked up by its number, which serves user and group, never a unit. It is certainly the one that connected where it
/// was started before `connected_after`, a moment before the connection was made (server.hpp): it had its number then,
/// and has it now.
[[nodiscard]] Result<Peer> attest(int socket, const Details& asked, const Clock& clock,
                                  BootTime connected_after = BootTime::min());

/// A look at the peer's process for audit entries and explanations, of which nothing is decided: it never fails.
struct Glimpse {
    std::optional<std::string> command;  ///< `/proc/PID/comm`; nothing where it cannot be read
    Unit unit;
};
[[nodiscard]] Glimpse glimpse_of(int socket, const Peer& peer);

/// The process that has this number now, as it would be attested if it connected; everything is asked.
struct Sighting {
    Peer peer;
    Glimpse glimpse;
};
/// Refuses `not_found` (no such process), `forbidden` (it is nobody's, or has just ended).
[[nodiscard]] Result<Sighting> sight_process(pid_t pid, const Clock& clock);

/// Refuses to run where the kernel reports other uids than the host's (T10): every peer would look like one.
[[nodiscard]] Result<void> check_identity_map();
/// Refuses to run where the processes of other users cannot be looked at: no caller would have a unit.
[[nodiscard]] Result<void> check_process_view();

}  // namespace jeton::front
