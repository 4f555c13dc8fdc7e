/// What a peer may do and see: the roles it holds now, for which apps and tenants.
#pragma once

#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/role.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// A value, true for the transaction it was read in. Default: no role at all.
struct Standing {
    bool everywhere = false;  ///< the user of a user's own daemon: operator, developer and tenant admin of everything
    bool host_operator = false;
    bool auditor = false;
    bool may_create_apps = false;   ///< developer of no app in particular, or of any
    std::vector<AppId> apps;        ///< developer of these
    std::vector<TenantId> tenants;  ///< admin of these

    [[nodiscard]] RoleSet roles() const;
    [[nodiscard]] bool develops(const AppId& app) const;
    [[nodiscard]] bool administers(const TenantId& tenant) const;
    [[nodiscard]] bool is_operator() const { return everywhere || host_operator; }
    /// Operators and auditors see all there is.
    [[nodiscard]] bool sees_everything() const { return is_operator() || auditor; }
    [[nodiscard]] bool sees(const App& app) const { return sees_everything() || develops(app.id); }
    /// A tenant admin sees what lists the tenant or was allowed once (S25, S27).
    [[nodiscard]] bool sees(const Connection& connection) const;
};

/// uid 0 is operator everywhere; in a user's own daemon that user is everything; a peer of another PID namespace is
/// nothing. Grants count while they have not expired and their identity holds.
[[nodiscard]] Standing standing_of(Transaction& tx, const Peer& peer, UtcSeconds now);
/// The same while the store is not open: nobody has been granted anything.
[[nodiscard]] Standing standing_without_store(const Peer& peer);

/// The connection, if `standing` sees it; else as if there were none.
[[nodiscard]] Result<FoundConnection> find_visible(Transaction& tx, const Standing& standing,
                                                   const ConnectionName& name);

/// Also: the developer of an app sees the tenants that it lists.
[[nodiscard]] bool sees(Transaction& tx, const Standing& standing, const Tenant& tenant);

/// "operator", "developer dispatcher", "tenant-admin 1234567@integration": for whoami and refusals.
[[nodiscard]] std::vector<std::string> described(Transaction& tx, const Standing& standing);

/// Whether this peer configures the credentials of `found`: its app's developer (where the environment lets developers
/// hold secrets, S35) or its tenant's admin, as the app says (S2, S5, S13), or an operator. Refuses `forbidden`, saying
/// who may.
[[nodiscard]] Result<void> may_configure(const Standing& standing, const FoundConnection& found);

}  // namespace jeton::vault
