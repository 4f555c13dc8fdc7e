/// Ends of what is granted for a while: overlaps, tickets, pairs, bindings, roles.
#pragma once

#include <algorithm>
#include <chrono>

#include "daemon/base/clock.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// The time by which ends are judged: `now`, or the later one that the store has reached where the wall clock was set
/// back (T48).
[[nodiscard]] inline UtcSeconds judged_at(const Transaction& tx, UtcSeconds now) {
    return std::max(now, tx.high_water());
}

/// The end of what begins now and lives for `life`, in the time that it is judged by: it lives as long as it should,
/// whatever the wall clock says.
[[nodiscard]] inline UtcSeconds end_after(const Transaction& tx, UtcSeconds now, std::chrono::seconds life) {
    return judged_at(tx, now) + life;
}

}  // namespace jeton::vault
