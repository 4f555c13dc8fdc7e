/// Time comes from outside, so that tests turn it by hand.
#pragma once

#include <chrono>
#include <string>

namespace jeton {

/// Wall time (CLOCK_REALTIME) in whole seconds.
using UtcSeconds = std::chrono::sys_seconds;
/// CLOCK_BOOTTIME since boot: never jumps, counts suspend.
using BootTime = std::chrono::nanoseconds;

class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual UtcSeconds now() const = 0;
    [[nodiscard]] virtual BootTime boot_time() const = 0;
};

/// The kernel's clocks. Stateless.
class SystemClock final : public Clock {
public:
    [[nodiscard]] UtcSeconds now() const override;
    [[nodiscard]] BootTime boot_time() const override;
};

/// A clock as it stood when this was made: what is decided in several looks is decided at one moment.
class FrozenClock final : public Clock {
public:
    explicit FrozenClock(const Clock& clock) : now_(clock.now()), boot_time_(clock.boot_time()) {}
    [[nodiscard]] UtcSeconds now() const override { return now_; }
    [[nodiscard]] BootTime boot_time() const override { return boot_time_; }

private:
    UtcSeconds now_;
    BootTime boot_time_;
};

/// RFC 3339 in UTC: `2026-01-31T09:05:00Z`.
[[nodiscard]] std::string rfc3339(UtcSeconds at);

/// A moment in both clocks: passed when either says so (a wall clock set back must not prolong a life).
struct Deadline {
    UtcSeconds wall;
    BootTime boot;

    [[nodiscard]] static Deadline after(const Clock& clock, std::chrono::seconds life) {
        return {clock.now() + life, clock.boot_time() + life};
    }
    /// Whole seconds left by the clock that leaves less; 0 when passed.
    [[nodiscard]] std::chrono::seconds left(const Clock& clock) const;
    [[nodiscard]] bool passed(const Clock& clock) const { return left(clock).count() <= 0; }
};

}  // namespace jeton
