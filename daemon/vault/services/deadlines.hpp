/// Ends of what is granted for a while: overlaps, tickets, pairs.
#pragma once

#include <chrono>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// `now` + `life`. Ends are judged by the latest time that the store has seen (T48): where the host's clock was set
/// back so far that this end would lie behind it, nothing would be granted at all; that is refused as `wrong_state`.
[[nodiscard]] inline Result<UtcSeconds> end_after(const Transaction& tx, UtcSeconds now, std::chrono::seconds life) {
    const auto end = now + life;
    if (end > tx.high_water()) return end;
    return refuse(Errc::wrong_state, "this would have ended before it began: the clock of this host was set back",
                  "set the clock; the store has seen " + rfc3339(tx.high_water()) + " already");
}

}  // namespace jeton::vault
