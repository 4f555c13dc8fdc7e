/// Table `client_keys`: public keys of clients. Every finder verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/client_key.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::client_keys {

/// Oldest first, as the other.
[[nodiscard]] std::vector<ClientKey> of(Transaction& tx, const ConnectionId& connection);
[[nodiscard]] std::vector<ClientKey> list(Transaction& tx);

/// Those that end behind `after` and not behind `last`. Not verified: for what is shown.
[[nodiscard]] std::int64_t count_ending(Transaction& tx, UtcSeconds after, UtcSeconds last);

}  // namespace jeton::vault::client_keys
