/// Versions of an app: numbered lists of scopes, published one after the other, each accepted tenant by tenant
/// (S38–S44).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/app.hpp"
#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// The version of `app` that it offers now. Throws Tampered where it is missing.
[[nodiscard]] AppVersion current_version(Transaction& tx, const App& app);
/// The version that `connection` accepted; nothing before it was allowed.
[[nodiscard]] std::optional<AppVersion> accepted_version(Transaction& tx, const Connection& connection);

struct PublishedVersion {
    App app;
    AppVersion version;
    ScopeDifference change;  ///< against the version before
};

/// Makes the next version: the current scopes, with those of `add` and without those of `remove` (S38). No connection
/// changes with it: each tenant keeps the version that it accepted.
/// Refuses: not_found, bad_input (no change; a scope that is not in the catalogue, or named on both sides; no scope
/// left), wrong_state (a scope is there already, or is not there to be removed).
[[nodiscard]] Result<PublishedVersion> publish_version(Transaction& tx, const Peer& peer, std::string_view name,
                                                       const std::vector<std::string>& add,
                                                       const std::vector<std::string>& remove, UtcSeconds now);

/// A version with what became of it.
struct VersionOfApp {
    AppVersion version;
    ScopeDifference change;        ///< against the version before; empty for the first
    std::int64_t connections = 0;  ///< that accepted it
};

/// Newest first.
[[nodiscard]] std::vector<VersionOfApp> version_history(Transaction& tx, const App& app);

}  // namespace jeton::vault
