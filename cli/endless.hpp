/// What verbs without an end have in common: audit list --follow, status --watch.
#pragma once

#include <chrono>

#include "cli/failure.hpp"

namespace jeton::cli {

struct Pace {
    std::chrono::milliseconds pause{1'000};      ///< between two questions
    std::chrono::milliseconds patience{60'000};  ///< how long a daemon may be away
};

/// Ctrl-C ends this process at once, with 130: what was written is written, there is nothing to put in order.
void end_on_interrupt();

/// Of a daemon that restarts: it is away, gone in the middle of an answer, or not open yet.
[[nodiscard]] bool may_come_back(const Failure& failure);

/// Waits; false if meanwhile nobody reads stdout any more.
[[nodiscard]] bool pause_for(std::chrono::milliseconds time);

}  // namespace jeton::cli
