/// Audit entries as a table: listed at once, or a few at a time while somebody follows them.
#pragma once

#include "cli/document.hpp"
#include "cli/table.hpp"

namespace jeton::cli {

[[nodiscard]] Table audit_table(const json::array& entries);

}  // namespace jeton::cli
