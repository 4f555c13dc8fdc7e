/// Apps and the tenants they list: what a developer does in "My Apps" (S8–S14, S16).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/app.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct NewApp {
    std::string name;
    std::string organization;
    std::string homepage;
    std::string credentials;  ///< `developer` or `tenant`
    std::vector<std::string> scopes;
    std::optional<std::string> app_key;  ///< the portal's; absent = generated
    bool if_not_exists = false;
};

/// An app with the version it offers now.
struct AppWithVersion {
    App app;
    AppVersion version;
};

inline constexpr std::size_t tenants_per_app_limit = 2000;  ///< the portal's own

/// Creates the app with version 1, at once or not at all (S12).
/// Refuses: bad_input with the portal's message for each field (S10), already_exists.
[[nodiscard]] Result<AppWithVersion> create_app(Transaction& tx, const Peer& peer, const NewApp& wanted,
                                                UtcSeconds now);

/// Lists a tenant on the app; the connection starts as 'Not Connected Yet' (S14, S19).
/// Refuses: not_found, already_exists, bad_input (note), wrong_state (2000 tenants).
[[nodiscard]] Result<FoundConnection> add_tenant(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                 const std::string& note, bool if_not_exists, UtcSeconds now);

/// The version of `app` that it offers now. Throws Tampered where it is missing.
[[nodiscard]] AppVersion current_version(Transaction& tx, const App& app);
/// The version that `connection` accepted; nothing before it was allowed.
[[nodiscard]] std::optional<AppVersion> accepted_version(Transaction& tx, const Connection& connection);

}  // namespace jeton::vault
