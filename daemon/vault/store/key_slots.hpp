/// Table `key_slots`: the ways to open the store. Every finder verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <vector>

#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::key_slots {

/// Oldest first.
[[nodiscard]] std::vector<KeySlot> list(Transaction& tx);

}  // namespace jeton::vault::key_slots
