/// Table `signing_keys`: what tokens of local environments are signed with. Every finder verifies what it reads; throws
/// Tampered, StoreFault.
#pragma once

#include <vector>

#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::signing_keys {

/// Newest first.
[[nodiscard]] std::vector<SigningKey> of(Transaction& tx, const EnvironmentId& environment);

}  // namespace jeton::vault::signing_keys
