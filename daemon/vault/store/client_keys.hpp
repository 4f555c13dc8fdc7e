/// Table `client_keys`: public keys of clients. Every finder verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <vector>

#include "daemon/vault/domain/client_key.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::client_keys {

/// Oldest first, as the other.
[[nodiscard]] std::vector<ClientKey> of(Transaction& tx, const ConnectionId& connection);
[[nodiscard]] std::vector<ClientKey> list(Transaction& tx);

}  // namespace jeton::vault::client_keys
