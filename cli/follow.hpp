/// The audit as it grows: audit list --follow.
#pragma once

#include "cli/context.hpp"
#include "cli/endless.hpp"

namespace jeton::cli {

/// Prints the entries that `query` selects as they come: those from its "since" on, else those from now on. With --json
/// one object a line. Ends with the process at Ctrl-C (130), else when nobody reads stdout any more, when the daemon
/// refuses, or with 3 when it was away for longer than the pace allows.
[[nodiscard]] int follow_audit(Context& context, Query query, const Pace& pace = {});

}  // namespace jeton::cli
