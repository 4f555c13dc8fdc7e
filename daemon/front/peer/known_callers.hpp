/// Whom the vault knows: callers with a binding, a pair, a role or a ticket. All others share one pool of sessions
/// (T18).
#pragma once

#include <algorithm>
#include <string>
#include <unordered_set>

#include <sys/types.h>
#include <unistd.h>

#include "daemon/front/peer/attest.hpp"

namespace jeton::front {

/// Decides about room, never about access.
struct KnownCallers {
    std::unordered_set<uid_t> users;
    std::unordered_set<gid_t> groups;
    std::unordered_set<std::string> units;
    std::unordered_set<uid_t> container_users;  ///< also from another PID namespace

    /// By what of `peer` was attested.
    [[nodiscard]] bool has(const Peer& peer) const {
        if (peer.foreign) return container_users.contains(peer.uid);
        if (peer.uid == 0 || peer.uid == ::geteuid() || users.contains(peer.uid) || groups.contains(peer.gid))
            return true;
        if (peer.groups && std::ranges::any_of(*peer.groups, [&](gid_t gid) { return groups.contains(gid); }))
            return true;
        return peer.unit && units.contains(peer.unit->name);
    }
};

}  // namespace jeton::front
