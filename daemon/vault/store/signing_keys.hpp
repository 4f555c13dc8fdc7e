/// Table `signing_keys`: what tokens of local environments are signed with. Every finder verifies what it reads; throws
/// Tampered, StoreFault.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::signing_keys {

/// Newest first.
[[nodiscard]] std::vector<SigningKey> of(Transaction& tx, const EnvironmentId& environment);
/// The keys of any environment that nobody needs at `at`, in the store's time.
[[nodiscard]] std::vector<SigningKey> ended(Transaction& tx, UtcSeconds at);
/// For a walk over the whole table: the next `limit` rows in the order of their ids, behind `id` (empty: from the
/// first).
[[nodiscard]] std::vector<SigningKey> after(Transaction& tx, std::string_view id, std::int64_t limit);

}  // namespace jeton::vault::signing_keys
