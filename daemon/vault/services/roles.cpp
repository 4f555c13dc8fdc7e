#include "daemon/vault/services/roles.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "daemon/base/shown.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/tenants.hpp"

namespace jeton::vault {
namespace {

/// The role and what it is of, found in the store.
Result<RoleGrant> grant_of(Transaction& tx, const WantedRole& wanted) {
    const auto role = role_named(wanted.role);
    if (!role) {
        return refuse(Errc::bad_input, fmt::format("there is no role {}", shown(wanted.role, 40)),
                      "operator, auditor, developer [APP] or tenant-admin TENANT@ENVIRONMENT");
    }
    RoleGrant grant;
    static_cast<Identity&>(grant) = wanted.identity;
    grant.role = *role;
    if (wanted.app && *role != Role::developer) {
        return refuse(Errc::bad_input, fmt::format("the role {} is not of an app", wanted.role),
                      fmt::format("jeton role grant {} --user U", wanted.role));
    }
    if (wanted.tenant.has_value() != (*role == Role::tenant_admin)) {
        return refuse(Errc::bad_input,
                      *role == Role::tenant_admin ? std::string{"the role tenant-admin is of one tenant"}
                                                  : fmt::format("the role {} is not of a tenant", wanted.role),
                      "jeton role grant tenant-admin TENANT@ENVIRONMENT --user U");
    }
    if (wanted.app) {
        const auto app = find_app(tx, *wanted.app);
        if (!app) return app.error();
        grant.app = app->id;
    }
    if (wanted.tenant) {
        const auto name = parse_tenant_name(*wanted.tenant);
        if (!name) return name.error();
        const auto found = find_tenant(tx, *name);
        if (!found) return found.error();
        grant.tenant = found->tenant.id;
    }
    return grant;
}

Result<void> check_grantee(const Identity& identity) {
    if (auto known = check_identity(identity); !known) return known.error();
    if (identity.unit.empty() && (identity.uid >= 0) != (identity.gid >= 0)) return {};
    return refuse(Errc::bad_input, "a role is for one user or one group", "give --user U or --group G");
}

bool is_of(const RoleGrant& grant, const RoleGrant& wanted) {
    return grant.role == wanted.role && grant.app == wanted.app && grant.tenant == wanted.tenant;
}

bool was_for(const RoleGrant& grant, const Identity& wanted) {
    return asks_for_user(grant, wanted.user) || asks_for_group(grant, wanted.group);
}

std::string subject_of(Transaction& tx, const RoleGrant& grant) {
    const auto place = place_of(tx, grant);
    return fmt::format("{}{}{} for {}", name_of(grant.role), place.empty() ? "" : " ", place, described(grant));
}

Change about(Transaction& tx, const RoleGrant& grant, std::string event) {
    Change change{.event = std::move(event), .subject = subject_of(tx, grant)};
    if (grant.role == Role::tenant_admin) change.tenant = place_of(tx, grant);
    return change;
}

/// An operator must remain whose role lasts: one that ends by itself replaces none without an end.
Result<void> check_not_last_operator(const std::vector<RoleGrant>& all, const RoleGrant& leaving, UtcSeconds at) {
    if (leaving.role != Role::host_operator || leaving.is_expired(at)) return {};
    const bool another_stays = std::ranges::any_of(all, [&](const RoleGrant& other) {
        const bool stays = !other.expires_at || (leaving.expires_at && !other.is_expired(at));
        return other.role == Role::host_operator && other.id != leaving.id && stays;
    });
    if (another_stays) return {};
    return refuse(Errc::wrong_state,
                  fmt::format("{} is the last operator that was granted{}", described(leaving),
                              leaving.expires_at ? "" : " without an end"),
                  "grant it to somebody else first: jeton role grant operator --user U");
}

}  // namespace

std::string place_of(Transaction& tx, const RoleGrant& grant) {
    if (!grant.app.text.empty()) {
        const auto app = apps::get(tx, grant.app);
        return app ? app->name : std::string{};
    }
    if (grant.tenant.text.empty()) return {};
    const auto tenant = tenants::get(tx, grant.tenant);
    return tenant ? name_of(tx, *tenant).text() : std::string{};
}

Result<RoleGrant> grant_role(Transaction& tx, const Peer& peer, const WantedRole& wanted,
                             std::optional<std::chrono::seconds> life, UtcSeconds now) {
    if (auto grantee = check_grantee(wanted.identity); !grantee) return grantee.error();
    auto made = grant_of(tx, wanted);
    if (!made) return made.error();
    auto& grant = *made;
    if (life) grant.expires_at = end_after(tx, now, *life);
    auto all = roles::list(tx);
    for (auto& there : all) {
        if (!is_of(there, grant) || !there.is_same_as(grant)) continue;
        if (there.expires_at == grant.expires_at && there.user == grant.user && there.group == grant.group)
            return there;
        if (grant.expires_at && !there.expires_at) {
            if (auto fit = check_not_last_operator(all, there, judged_at(tx, now)); !fit) return fit.error();
        }
        there.expires_at = grant.expires_at;
        there.user = grant.user;
        there.group = grant.group;
        tx.update(there);
        record(tx, peer, about(tx, there, "role.granted"), now);
        return there;
    }
    grant.id = RoleGrantId::fresh();
    grant.created_at = now;
    grant.created_by = peer.name();
    tx.insert(grant);
    record(tx, peer, about(tx, grant, "role.granted"), now);
    return made;
}

Result<RoleGrant> revoke_role(Transaction& tx, const Peer& peer, const WantedRole& wanted, UtcSeconds now) {
    const auto named = grant_of(tx, wanted);
    if (!named) return named.error();
    const auto all = roles::list(tx);
    const auto find = [&](const auto& is_theirs) {
        return std::ranges::find_if(all, [&](const RoleGrant& grant) {
            return is_of(grant, *named) && std::invoke(is_theirs, grant, wanted.identity);
        });
    };
    auto found = find(&Identity::is_same_as);
    if (found == all.end()) found = find(was_for);
    if (found == all.end()) {
        return refuse(Errc::not_found, "no such role is granted to that user or group", "jeton role list");
    }
    if (auto fit = check_not_last_operator(all, *found, judged_at(tx, now)); !fit) return fit.error();
    auto entry = about(tx, *found, "role.revoked");
    tx.erase(*found);
    record(tx, peer, std::move(entry), now);
    return *found;
}

}  // namespace jeton::vault
