/// Table `secrets`: client secrets: sealed values or verifiers. Every finder verifies what it reads; throws Tampered,
/// StoreFault.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
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

/// What is counted of a secret.
struct Brief {
    std::string connection;
    UtcSeconds created_at{};
    std::optional<UtcSeconds> deactivates_at;
};
/// Of one environment, those that are active at `now`; of each connection one after the other. Not verified: for what
/// is shown.
void each_active(Transaction& tx, const EnvironmentId& environment, UtcSeconds now,
                 const std::function<void(const Brief&)>& visit);

}  // namespace jeton::vault::secrets
