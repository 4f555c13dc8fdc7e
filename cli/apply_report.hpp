/// How each object of a plan ended, for a person and for a program.
#pragma once

#include <string>
#include <vector>

#include "cli/apply_plan.hpp"
#include "cli/terminal.hpp"

namespace jeton::cli {

enum class StepResult {
    unchanged,  ///< nothing had to be done
    pending,    ///< a dry run: it would be done
    done,
    kept,  ///< prune leaves it
    refused,
    not_tried,  ///< something before it was refused, or ended the run
};

struct StepOutcome {
    StepResult result = StepResult::not_tried;
    std::string why{}, next{};
    std::vector<std::string> warnings{};
};

/// `{"kind","name","action","result","changed","differences":[{"field","before","after"}],"ends","why","next",
/// "warnings","file","line"}`.
[[nodiscard]] json::value document_of(const Step& step, const StepOutcome& outcome);

/// A line, and where there is more to say further ones, indented.
[[nodiscard]] std::string text_of(const Step& step, const StepOutcome& outcome, const Terminal& terminal);

/// "44 objects: 3 changed, 41 unchanged".
[[nodiscard]] std::string summary_of(const std::vector<StepOutcome>& outcomes, bool dry_run);

}  // namespace jeton::cli
