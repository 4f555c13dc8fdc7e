/// What the daemon has of the kinds that files speak of, asked by the listings that everybody uses.
#pragma once

#include <set>
#include <vector>

#include "cli/context.hpp"
#include "cli/declared.hpp"

namespace jeton::cli {

/// One row of the listing of `kind` as an object. An environment's answer to a change is such a row, too.
[[nodiscard]] Present present_of(Kind kind, const json::value& row);

/// All that the caller may see of `kinds`. What a role does not let the caller list is refused by the daemon.
[[nodiscard]] Result<std::vector<Present>> ask_present(Context& context, const std::set<Kind>& kinds);

/// `kinds`, and those that their objects need.
[[nodiscard]] std::set<Kind> with_needed(std::set<Kind> kinds);

}  // namespace jeton::cli
