#include "daemon/vault/verbs/authorisation.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace jeton::vault {
namespace {

constexpr std::uint8_t operators = static_cast<std::uint8_t>(Role::host_operator);
constexpr std::uint8_t developers = operators | static_cast<std::uint8_t>(Role::developer);
// An operator decides for a tenant only on its behalf, and says so: services/access.
constexpr std::uint8_t tenant_admins = operators | static_cast<std::uint8_t>(Role::tenant_admin);
constexpr std::uint8_t all_roles = developers | tenant_admins;

constexpr Allowance anyone(std::string_view verb) { return {verb, 0, true}; }
constexpr Allowance only(std::uint8_t roles, std::string_view verb) { return {verb, roles, false}; }

constexpr std::array table{
    // the token socket
    anyone("token.issue"),
    anyone("jwks.show"),
    anyone("metadata.show"),
    anyone("whoami.show"),
    // the store and its keys
    anyone("status.show"),
    only(operators, "store.init"),
    only(operators, "store.seal"),
    only(operators, "store.unseal"),
    only(operators, "key_slot.list"),
    only(operators, "key_slot.add"),
    // what operators set up
    only(operators, "environment.create"),
    only(all_roles, "environment.list"),
    only(all_roles, "environment.show"),
    only(operators, "tenant.create"),
    only(all_roles, "tenant.list"),
    only(all_roles, "tenant.show"),
    only(operators, "binding.add"),
    only(operators, "binding.list"),
    // what developers do
    only(developers, "app.create"),
    only(all_roles, "app.list"),
    only(all_roles, "app.show"),
    only(developers, "app.tenant.add"),
    only(developers, "app.connections"),
    only(developers, "secret.generate"),
    only(developers, "secret.list"),
    only(developers, "secret.import"),
    only(developers, "secret.deactivate"),
    // what tenant admins decide
    only(all_roles, "access.review"),
    only(tenant_admins, "access.allow"),
    only(tenant_admins, "access.decline"),
    only(tenant_admins, "access.disable"),
    only(tenant_admins, "access.enable"),
    // the audit
    only(operators, "audit.list"),
    only(operators, "audit.verify"),
    // the front's own: checked by the desk, which knows the front's uid
    anyone("usage.report"),
};

}  // namespace

std::span<const Allowance> allowances() { return table; }

std::vector<Role> roles_of(const Peer& peer) {
    if (peer.foreign) return {};
    if (peer.daemon_user) return {Role::host_operator, Role::developer, Role::tenant_admin};
    if (peer.uid == 0) return {Role::host_operator};
    return {};
}

std::string_view name_of(Role role) {
    switch (role) {
        case Role::host_operator: return "operator";
        case Role::developer: return "developer";
        case Role::tenant_admin: return "tenant-admin";
    }
    return {};
}

Result<void> authorise(const Peer& peer, std::string_view verb) {
    const auto* row = std::ranges::find(table, verb, &Allowance::verb);
    if (row != table.end() && row->anyone) return {};
    if (row != table.end()) {
        for (const auto role : roles_of(peer)) {
            if ((row->roles & static_cast<std::uint8_t>(role)) != 0) return {};
        }
    }
    return refuse(Errc::forbidden, fmt::format("{} (uid {}) may not do this", peer.name(), peer.uid),
                  peer.foreign ? "a peer of another PID namespace has no role: ask from the host itself"
                               : "jeton whoami tells your roles; ask an operator");
}

}  // namespace jeton::vault
