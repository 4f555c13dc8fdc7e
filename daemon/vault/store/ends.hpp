/// When what was granted for a while ends, over all tables: so that an end that has passed is remembered.
#pragma once

#include <optional>

#include "daemon/base/clock.hpp"
#include "daemon/vault/store/database.hpp"

namespace jeton::vault {

/// The first end of a secret's overlap, ticket, pair, binding or role that lies behind `after`; nothing where there is
/// none. Rows are not verified here: it only says when to look at the clock.
[[nodiscard]] std::optional<UtcSeconds> next_end(Database& database, UtcSeconds after);

}  // namespace jeton::vault
