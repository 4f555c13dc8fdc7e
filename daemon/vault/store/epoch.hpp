/// A new epoch where no row of authority changes: what was decided under another configuration is not repeated.
#pragma once

#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// Ends all decisions that were made before. Whoever begins one appends an entry that says why: without it, nothing is
/// committed.
void begin_epoch(Transaction& tx);

}  // namespace jeton::vault
