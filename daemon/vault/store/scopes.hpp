/// Table `scopes`: what was added to the built-in catalogue. Verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <vector>

#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::scopes {

/// By name.
[[nodiscard]] std::vector<OwnScope> list(Transaction& tx);

}  // namespace jeton::vault::scopes
