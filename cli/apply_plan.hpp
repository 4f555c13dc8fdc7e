/// What has to be done so that the daemon has what the files say: from both to steps, without asking anybody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/declared.hpp"

namespace jeton::cli {

enum class StepAction {
    none,    ///< it is as it should be
    create,  ///< it is made, or listed again
    change,
    remove,  ///< it ends: by prune, or because the time that its file gives it is over
    keep,    ///< prune leaves it: `why`
    refuse,  ///< no request could do it: `why`
};

struct Difference {
    std::string field;
    json::value now;     ///< null: nothing
    json::value wanted;  ///< null: nothing
};

/// One object and what becomes of it.
struct Step {
    StepAction action = StepAction::none;
    Kind kind{};
    std::string name;
    Place place{};                          ///< where the files have it
    json::object wanted{};                  ///< as the file has it; empty for what no file has
    std::optional<Present> present{};       ///< as the daemon has it
    std::vector<Difference> differences{};  ///< of a change
    std::string ends{};                     ///< what nobody gets any more after a removal
    std::string why{}, next{};
    std::vector<std::pair<Kind, std::string>> needs{};  ///< what it cannot be done without
};

struct PlanOptions {
    bool prune = false;    ///< of the kinds that the files speak of, what they do not name ends
    std::int64_t now = 0;  ///< seconds since 1970
};

/// Steps in the order in which they can be carried out: what ends makes room first, but operators end last; what is
/// needed is made before what needs it. `present`: all of the kinds that the files speak of and of those that these
/// need (`with_needed`), and for `prune` the connections.
///
/// Prune erases nothing that a tenant once allowed: an app or environment with such a connection is kept. A connection
/// that was allowed is taken off its app's list, which pauses it and keeps its consent and pair.
[[nodiscard]] std::vector<Step> plan_of(const Declarations& declarations, const std::vector<Present>& present,
                                        const PlanOptions& options);

/// In what `wanted` differs from `present`; fields that a file leaves out do not count, but of a binding or role.
[[nodiscard]] std::vector<Difference> differences_of(Kind kind, const json::object& wanted, const Present& present);

/// "homepage: https://a → https://b", "scopes: +tn.crm.leads:r -tn.jpm.jobs:w".
[[nodiscard]] std::string text_of(const Difference& difference);

/// A binding or role that ends within it is not granted any more; ends that are nearer to each other are the same.
inline constexpr std::int64_t least_life = 60;  ///< seconds

}  // namespace jeton::cli
