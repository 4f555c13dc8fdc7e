/// The local identity that a role, a binding or a pair is for: conditions on a peer, all of which must hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"

namespace jeton::vault {

/// A user or group stands here by name *and* id: both must still belong together (T13).
struct Identity {
    std::string user;
    std::int64_t uid = -1;  ///< -1: any user
    std::string group;
    std::int64_t gid = -1;  ///< -1: any group
    std::string unit;       ///< systemd unit, `worker.service`; empty: any. Guards against mistakes, not against a
                            ///< hostile process of the same user (THREATS, finding 2)

    [[nodiscard]] bool is_empty() const { return uid < 0 && gid < 0 && unit.empty(); }
    [[nodiscard]] bool is_same_as(const Identity& other) const {
        return uid == other.uid && gid == other.gid && unit == other.unit;
    }
};

/// What `peer` lacks, one sentence for a person each; empty = every condition holds. Says nothing about PID namespaces.
[[nodiscard]] std::vector<std::string> lacks(const Identity& identity, const Peer& peer);

/// Whether it asks for this user or group, by the stored name or the number: the account may be gone, or have another
/// number by now.
[[nodiscard]] bool asks_for_user(const Identity& identity, std::string_view user);
[[nodiscard]] bool asks_for_group(const Identity& identity, std::string_view group);

/// "user worker and unit w.service".
[[nodiscard]] std::string described(const Identity& identity);

/// Refuses `bad_input`: no condition, an id that is nobody's or that systemd hands out and takes back (61184 to 65519,
/// 65534), a unit that is no name of a service or scope (systemd.unit(5)).
[[nodiscard]] Result<void> check_identity(const Identity& identity);

}  // namespace jeton::vault
