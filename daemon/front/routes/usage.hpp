/// Tells the vault what was served from the cache, for the audit and the dates of last use.
#pragma once

#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

/// Reports everything counted so far; what the vault does not take is kept for the next time.
[[nodiscard]] Task<void> report_usage(Desk& desk);

}  // namespace jeton::front
