/// All rows of authority at once, as the unsealing looks at them.
#pragma once

#include <optional>
#include <string>

#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/store/authority.hpp"
#include "daemon/vault/store/database.hpp"

namespace jeton::vault {

/// Verifies every row's own MAC, and fills index and set hash; counters but the set hash stay as they are. Says what is
/// wrong with the first row that does not hold. A large store is read by this thread and verified by another.
[[nodiscard]] std::optional<std::string> scan_rows(Database& database, const RootKey& root, Authority& authority);

}  // namespace jeton::vault
