/// What must hold before a root key may rule over a store (docs/database.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/error.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/store/anchor.hpp"
#include "daemon/vault/store/authority.hpp"
#include "daemon/vault/store/database.hpp"

namespace jeton::vault {

/// A store that passed.
struct CheckedStore {
    Authority authority;
    bool anchor_is_behind = false;  ///< a crash between commit and anchor: it must be written again
    std::vector<std::string> lost;  ///< what an accepted rollback loses; empty = there was none
    std::int64_t anchor_epoch = 0;
};

/// Gives `root` what it inherits. Refuses `mismatch`: a row, the state row or an audit entry that jeton did not write,
/// by name; and, unless `accept_rollback`, a store that its anchor does not vouch for.
[[nodiscard]] Result<CheckedStore> check_store(Database& database, Anchor& anchor, RootKey& root, bool accept_rollback);

}  // namespace jeton::vault
