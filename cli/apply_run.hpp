/// Carries a plan out, one object after the other, and tells how each ended.
#pragma once

#include <vector>

#include "cli/apply_plan.hpp"
#include "cli/context.hpp"

namespace jeton::cli {

/// A line of stdout for each object that is not as it should be and how it ended, and a last one that counts; or with
/// --json one array of all (`document_of`). Where the plan refuses something, nothing is carried out. What the daemon
/// refuses keeps back only what needs it; it is tried again where something after it was done. The exit code: 0 all is
/// as the files say, 1 something was refused, 5 with `dry_run` where there is something to change, 128 and the signal
/// where it was stopped, 3 or 4 where the daemon went away. Whenever it ends, the same apply goes on there.
[[nodiscard]] int run_plan(Context& context, const std::vector<Step>& steps, bool dry_run);

}  // namespace jeton::cli
