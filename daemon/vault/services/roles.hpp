/// Roles are granted to users and groups of the host, and taken back.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/role.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// A role for somebody, as a person names it.
struct WantedRole {
    std::string role;                   ///< `operator`, `auditor`, `developer`, `tenant-admin`
    std::optional<std::string> app;     ///< `developer` only; absent: may create apps
    std::optional<std::string> tenant;  ///< `tenant-admin` only: `TENANT@ENVIRONMENT`
    Identity identity;                  ///< one user or one group
};

inline constexpr std::chrono::seconds grant_life_least{60};

/// Grants for `life`, or until it is revoked. What is granted already gets the new end.
/// Refuses: bad_input (no such role, app or tenant where there is none to name, an identity that is nobody's),
/// not_found, wrong_state (the last operator without an end gets none).
[[nodiscard]] Result<RoleGrant> grant_role(Transaction& tx, const Peer& peer, const WantedRole& wanted,
                                           std::optional<std::chrono::seconds> life, UtcSeconds now);

/// Takes the grant back at once: of the id, else of the stored name or the number as it was typed, by which somebody is
/// found whose account is gone or has another number now.
/// Refuses: not_found, wrong_state (the last operator that was granted stays; of those without an end the last one,
/// whoever else is operator for a while).
[[nodiscard]] Result<RoleGrant> revoke_role(Transaction& tx, const Peer& peer, const WantedRole& wanted,
                                            UtcSeconds now);

/// The app's name or the tenant's `TENANT@ENVIRONMENT`, as the second word of `jeton role`; empty for the other roles.
[[nodiscard]] std::string place_of(Transaction& tx, const RoleGrant& grant);

}  // namespace jeton::vault
