/// The state of the daemon as it changes: status --watch.
#pragma once

#include "cli/context.hpp"
#include "cli/endless.hpp"

namespace jeton::cli {

inline constexpr Pace watch_pace{.pause = std::chrono::seconds{2}, .patience = std::chrono::hours{24 * 365}};

/// On a terminal the whole of `jeton status`, drawn anew at each question; anywhere else a line for each change, with
/// --json the whole status as one line of JSON. A daemon that goes away is waited for. Ends with the process at Ctrl-C
/// (130), else when nobody reads stdout any more, when the daemon refuses, or when patience is at its end.
[[nodiscard]] int watch_status(Context& context, const Pace& pace = watch_pace);

}  // namespace jeton::cli
