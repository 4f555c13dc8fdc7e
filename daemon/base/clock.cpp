#include "daemon/base/clock.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>

namespace jeton {
namespace {

timespec read_clock(clockid_t id) {
    timespec now{};
    clock_gettime(id, &now);
    return now;
}

}  // namespace

UtcSeconds SystemClock::now() const { return UtcSeconds{std::chrono::seconds{read_clock(CLOCK_REALTIME).tv_sec}}; }

BootTime SystemClock::boot_time() const {
    const auto now = read_clock(CLOCK_BOOTTIME);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

std::string rfc3339(UtcSeconds at) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(at.time_since_epoch().count())));
}

std::chrono::seconds Deadline::left(const Clock& clock) const {
    const auto by_boot = std::chrono::floor<std::chrono::seconds>(boot - clock.boot_time());
    const auto by_wall = wall - clock.now();
    return std::max(std::chrono::seconds{0}, std::min<std::chrono::seconds>(by_boot, by_wall));
}

}  // namespace jeton
