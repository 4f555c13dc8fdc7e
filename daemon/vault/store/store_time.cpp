#include "daemon/vault/store/store_time.hpp"

#include <algorithm>

namespace jeton::vault {

StoreTime::StoreTime(const Clock& clock) : clock_(&clock), latest_(clock.now()), at_(clock.boot_time()) {}

UtcSeconds StoreTime::now() {
    const auto boot = clock_->boot_time();
    const auto passed = std::max(std::chrono::seconds{0}, std::chrono::floor<std::chrono::seconds>(boot - at_));
    const auto wall = clock_->now();
    // From a wall time that was read, not from a sum: what was rounded off must not add up.
    if (wall >= latest_ + passed) {
        latest_ = wall;
        at_ = boot;
        return wall;
    }
    return latest_ + passed;
}

void StoreTime::has_seen(UtcSeconds high_water) {
    if (high_water <= now()) return;
    latest_ = high_water;
    at_ = clock_->boot_time();
}

std::chrono::seconds StoreTime::behind() { return now() - clock_->now(); }

}  // namespace jeton::vault
