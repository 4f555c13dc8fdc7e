/// Table `revoked_tokens`: tokens that were revoked before their end. Verifies what it reads; throws Tampered,
/// StoreFault.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/revoked_token.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::revoked_tokens {

[[nodiscard]] std::optional<RevokedToken> get(Transaction& tx, const RevokedTokenId& id);
[[nodiscard]] std::vector<RevokedToken> of_connection(Transaction& tx, const ConnectionId& connection);
/// Counts rows without reading them.
[[nodiscard]] std::int64_t count(Transaction& tx, const ConnectionId& connection);
/// Those that have expired at `at`, the oldest first, at most `limit`.
[[nodiscard]] std::vector<RevokedToken> expired(Transaction& tx, UtcSeconds at, std::int64_t limit);

}  // namespace jeton::vault::revoked_tokens
