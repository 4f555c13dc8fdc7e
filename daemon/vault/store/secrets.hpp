/// Table `secrets`: client secrets: sealed values or verifiers. Every finder verifies what it reads; throws Tampered,
/// StoreFault.
#pragma once

#include <vector>

#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::secrets {

/// Oldest first, deactivated ones too.
[[nodiscard]] std::vector<Secret> of(Transaction& tx, const ConnectionId& connection);

}  // namespace jeton::vault::secrets
