/// The tenants that an app lists: a developer adds them, takes them off the list, and adds them again (S14, S16).
#pragma once

#include <cstddef>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

inline constexpr std::size_t tenants_per_app_limit = 2000;  ///< the portal's own

/// Refuses wrong_state where the app lists as many tenants as it may.
[[nodiscard]] Result<void> check_tenant_room(Transaction& tx, const App& app);

/// Lists a tenant on the app; the connection starts as 'Not Connected Yet' (S14, S19). One that was taken off the list
/// is listed again as it was, still disabled: its admin enables it.
/// Refuses: not_found, already_exists, bad_input (note), wrong_state (2000 tenants).
[[nodiscard]] Result<FoundConnection> add_tenant(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                 const std::string& note, bool if_not_exists, UtcSeconds now);

struct RemovedTenant {
    FoundConnection found;   ///< as it stands now, or as it stood last
    bool is_erased = false;  ///< it never was connected: nothing is left of it
};

/// Takes the tenant off the list. What was never connected is erased; else the connection is paused on the tenant's
/// side and kept, so that it must be listed again and enabled by the tenant. Refuses: not_found, wrong_state (it is off
/// the list already).
[[nodiscard]] Result<RemovedTenant> remove_tenant(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                  UtcSeconds now);

}  // namespace jeton::vault
