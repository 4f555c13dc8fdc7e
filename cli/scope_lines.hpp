/// Scopes for a person, one a line: what each is, its name, and whether it comes or goes (S41).
#pragma once

#include <string>
#include <vector>

#include "cli/document.hpp"
#include "cli/terminal.hpp"

namespace jeton::cli {

enum class Mark { none, added, removed };

struct ScopeLine {
    std::string group;  ///< of the catalogue: "CRM"
    std::string text;   ///< "Read  Customers"
    std::string name;   ///< "tn.crm.customers:r"
    Mark mark = Mark::none;
};

/// The line of one scope as the daemon describes it.
[[nodiscard]] ScopeLine scope_line(const json::value& scope, Mark mark);

/// Appends a line for each of `scopes`.
void add_scope_lines(std::vector<ScopeLine>& lines, const json::array& scopes, Mark mark);

/// The lines below each other: added ones green behind +, removed ones struck out behind -.
[[nodiscard]] std::string scope_lines_text(const std::vector<ScopeLine>& lines, const Terminal& terminal);

/// The same below a heading for each group, in the order of the alphabet.
[[nodiscard]] std::string grouped_scopes_text(std::vector<ScopeLine> lines, const Terminal& terminal);

}  // namespace jeton::cli
