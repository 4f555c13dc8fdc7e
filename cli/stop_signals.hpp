/// Ctrl-C for verbs that do one thing after the other: what is being done is finished, then they stop and say so.
#pragma once

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>

namespace jeton::cli {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP is remembered; the second ends the process as it would without.
/// One that is ignored stays so (nohup). One object at a time.
class StopSignals {
public:
    static constexpr std::size_t count = 3;

    StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    ~StopSignals();

    /// The signal that came; 0: none.
    [[nodiscard]] static int came();
    /// Sleeps until `then`, or until one comes, which it notices within 50 ms.
    static void sleep_until(std::chrono::steady_clock::time_point then);

private:
    std::array<struct sigaction, count> before_{};
};

}  // namespace jeton::cli
