/// Table `tenants`: customer organisations, each in one environment. Every finder verifies what it reads; throws
/// Tampered, StoreFault.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/vault/domain/tenant.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::tenants {

/// By the tenant ID that people type.
[[nodiscard]] std::optional<Tenant> find(Transaction& tx, const EnvironmentId& environment, std::string_view tenant);
[[nodiscard]] std::optional<Tenant> get(Transaction& tx, const TenantId& id);
/// By tenant ID; of one environment, or of all.
/// In the order of their names, from `tenant` on, at most `limit`.
[[nodiscard]] std::vector<Tenant> from(Transaction& tx, const EnvironmentId& environment, std::string_view tenant,
                                       std::int64_t limit);
/// Throws Tampered where a row was taken away or put in.
void check_complete(Transaction& tx);
[[nodiscard]] std::vector<Tenant> list(Transaction& tx, const std::optional<EnvironmentId>& environment = {});

}  // namespace jeton::vault::tenants
