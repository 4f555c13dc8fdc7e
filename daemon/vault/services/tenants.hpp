/// Tenants: customer organisations, each in one environment (S3, S22).
#pragma once

#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

inline constexpr std::size_t tenant_name_limit = 120;  ///< characters

/// Refuses: bad_input, not_found (environment), already_exists (unless `if_not_exists` and the names are equal).
[[nodiscard]] Result<FoundTenant> create_tenant(Transaction& tx, const Peer& peer, const TenantName& name,
                                                const std::string& display_name, bool if_not_exists, UtcSeconds now);

/// Gives the organisation another name; the same name changes nothing. Refuses: not_found, bad_input.
[[nodiscard]] Result<FoundTenant> edit_tenant(Transaction& tx, const Peer& peer, const TenantName& name,
                                              const std::string& display_name, UtcSeconds now);

}  // namespace jeton::vault
