/// Table `secrets`: client secrets: sealed values or verifiers. Every finder verifies what it reads; throws Tampered,
/// StoreFault.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::secrets {

/// Oldest first, deactivated ones too.
[[nodiscard]] std::vector<Secret> of(Transaction& tx, const ConnectionId& connection);
/// Of all connections.
[[nodiscard]] std::vector<Secret> by_prefix(Transaction& tx, std::string_view prefix);
/// For a walk over the whole table: the next `limit` rows in the order of their ids, behind `id` (empty: from the
/// first).
[[nodiscard]] std::vector<Secret> after(Transaction& tx, std::string_view id, std::int64_t limit);
/// Of all connections of one environment, oldest first, deactivated ones too.
[[nodiscard]] std::vector<Secret> of_environment(Transaction& tx, const EnvironmentId& environment);
/// Those of them that name a destination other than `destination`, and are not deactivated.
[[nodiscard]] std::vector<Secret> bound_elsewhere(Transaction& tx, const EnvironmentId& environment,
                                                  std::string_view destination);

}  // namespace jeton::vault::secrets
