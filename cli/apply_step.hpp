/// One step of a plan, carried out by the same requests as the verbs that people type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/apply_plan.hpp"
#include "cli/context.hpp"

namespace jeton::cli {

struct StepDone {
    bool changed = true;  ///< false: somebody else had done it meanwhile
    std::vector<std::string> warnings{};
};

/// `now`: seconds since 1970; ends are granted as lengths of time from there on. A binding cannot be edited: it is
/// removed and added, and the one of before comes back where the new one is refused.
[[nodiscard]] Result<StepDone> carry_out(Context& context, const Step& step, std::int64_t now);

}  // namespace jeton::cli
