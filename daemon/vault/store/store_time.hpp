/// The time that deadlines are judged by: it follows the wall clock forward, never back, and never slower than the boot
/// clock (T48; docs/decisions/0020).
#pragma once

#include <chrono>

#include "daemon/base/clock.hpp"

namespace jeton::vault {

/// Not thread-safe. `clock` must outlive it.
class StoreTime {
public:
    explicit StoreTime(const Clock& clock);

    /// The later of what the wall clock says and what the latest time seen and the boot time passed since then make: a
    /// clock that was set back prolongs nothing, neither while the vault runs nor over a suspend.
    [[nodiscard]] UtcSeconds now();
    /// The store remembers a later time than this host has shown: `now` goes on from it.
    void has_seen(UtcSeconds high_water);
    /// How far the wall clock is behind `now`; 0 where it is not.
    [[nodiscard]] std::chrono::seconds behind();

private:
    const Clock* clock_;
    UtcSeconds latest_;
    BootTime at_;  ///< when `latest_` was reached
};

}  // namespace jeton::vault
