#include "daemon/vault/services/standing.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/tenants.hpp"

namespace jeton::vault {
namespace {

void add(Standing& standing, const RoleGrant& grant) {
    switch (grant.role) {
        case Role::host_operator: standing.host_operator = true; break;
        case Role::auditor: standing.auditor = true; break;
        case Role::developer:
            standing.may_create_apps = true;
            if (!grant.app.text.empty()) standing.apps.push_back(grant.app);
            break;
        case Role::tenant_admin: standing.tenants.push_back(grant.tenant); break;
    }
}

}  // namespace

RoleSet Standing::roles() const {
    if (everywhere) return {Role::host_operator, Role::developer, Role::tenant_admin};
    RoleSet held;
    if (host_operator) held.add(Role::host_operator);
    if (auditor) held.add(Role::auditor);
    if (may_create_apps) held.add(Role::developer);
    if (!tenants.empty()) held.add(Role::tenant_admin);
    return held;
}

bool Standing::develops(const AppId& app) const { return everywhere || std::ranges::find(apps, app) != apps.end(); }

bool Standing::administers(const TenantId& tenant) const {
    return everywhere || std::ranges::find(tenants, tenant) != tenants.end();
}

bool Standing::sees(const Connection& connection) const {
    if (sees_everything() || develops(connection.app)) return true;
    return administers(connection.tenant) && (connection.listed || connection.state != ConnectionState::not_connected);
}

Standing standing_without_store(const Peer& peer) {
    Standing standing;
    if (peer.foreign) return standing;
    standing.everywhere = peer.daemon_user;
    standing.host_operator = peer.uid == 0;
    return standing;
}

Standing standing_of(Transaction& tx, const Peer& peer, UtcSeconds now) {
    auto standing = standing_without_store(peer);
    if (peer.foreign || standing.everywhere) return standing;
    for (const auto at = judged_at(tx, now); const auto& grant : roles::candidates(tx, peer.uid)) {
        if (!grant.is_expired(at) && lacks(grant, peer).empty()) add(standing, grant);
    }
    return standing;
}

Result<FoundConnection> find_visible(Transaction& tx, const Standing& standing, const ConnectionName& name) {
    auto found = find_connection(tx, name);
    if (found && !standing.sees(found->connection)) return absent_connection(name);
    return found;
}

bool sees(Transaction& tx, const Standing& standing, const Tenant& tenant) {
    if (standing.sees_everything() || standing.administers(tenant.id)) return true;
    return std::ranges::any_of(connections::of_tenant(tx, tenant.id),
                               [&](const Connection& connection) { return standing.develops(connection.app); });
}

std::vector<std::string> described(Transaction& tx, const Standing& standing) {
    if (standing.everywhere) return {"operator", "developer", "tenant-admin"};
    std::vector<std::string> texts;
    if (standing.host_operator) texts.emplace_back(name_of(Role::host_operator));
    if (standing.auditor) texts.emplace_back(name_of(Role::auditor));
    if (standing.may_create_apps && standing.apps.empty()) texts.emplace_back(name_of(Role::developer));
    for (const auto& id : standing.apps) {
        if (const auto app = apps::get(tx, id))
            texts.push_back(fmt::format("{} {}", name_of(Role::developer), app->name));
    }
    for (const auto& id : standing.tenants) {
        if (const auto tenant = tenants::get(tx, id)) {
            texts.push_back(fmt::format("{} {}", name_of(Role::tenant_admin), name_of(tx, *tenant).text()));
        }
    }
    return texts;
}

Result<void> may_configure(const Standing& standing, const FoundConnection& found) {
    if (standing.is_operator()) return {};
    const auto& app = found.app;
    if (app.credentials == CredentialsMode::tenant) {
        if (standing.administers(found.tenant.id)) return {};
        return refuse(Errc::forbidden, fmt::format("tenants configure the credentials of {} themselves", app.name),
                      fmt::format("ask an admin of tenant {}", found.tenant_name().text()));
    }
    if (!standing.develops(app.id)) {
        return refuse(Errc::forbidden,
                      fmt::format("the developer of {} configures the credentials on behalf of each tenant", app.name),
                      fmt::format("ask the developer of {}", app.name));
    }
    if (!found.environment.developer_access) {
        return refuse(Errc::forbidden, fmt::format("developers hold no secrets in {}", found.environment.name),
                      fmt::format("ask an operator: jeton secret generate {} --ticket-for USER", found.name()));
    }
    return {};
}

}  // namespace jeton::vault
