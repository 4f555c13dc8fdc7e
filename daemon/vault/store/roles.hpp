/// Table `role_grants`: who has which role. Every finder verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/vault/domain/role.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::roles {

/// Grants that may hold for a process of that user: to the user itself, and to any group. Oldest first, as the others.
[[nodiscard]] std::vector<RoleGrant> candidates(Transaction& tx, std::int64_t uid);
[[nodiscard]] std::vector<RoleGrant> of_app(Transaction& tx, const AppId& app);
[[nodiscard]] std::vector<RoleGrant> list(Transaction& tx);

}  // namespace jeton::vault::roles
