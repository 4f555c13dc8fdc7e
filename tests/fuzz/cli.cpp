/// Files of settings that pairs are imported from.
#include <string>

#include "cli/import_rows.hpp"
#include "tests/fuzz/target.hpp"

namespace jeton::fuzz {

void import_file(std::string_view input) {
    const auto format = static_cast<cli::RowFormat>(take_number(input, 3));
    const auto trust = static_cast<cli::Trust>(take_number(input, 2));
    const auto rows = cli::rows_in(input, "settings", format, trust);
    if (!rows) return;
    for (const auto& row : *rows) {
        require(row.line >= 1, "a row stands in a line");
        require(row.problem.empty() == row.next.empty() || !row.problem.empty(), "a problem has a next step");
    }
}

}  // namespace jeton::fuzz
