#include "daemon/vault/services/tenants.hpp"

#include <fmt/format.h>

#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/tenants.hpp"

namespace jeton::vault {

Result<FoundTenant> create_tenant(Transaction& tx, const Peer& peer, const TenantName& name,
                                  const std::string& display_name, bool if_not_exists, UtcSeconds now) {
    if (auto text = check_free_text("name", display_name, tenant_name_limit); !text) return text.error();
    auto environment = find_environment(tx, name.environment);
    if (!environment) return environment.error();
    if (auto existing = tenants::find(tx, environment->id, name.tenant)) {
        if (if_not_exists && existing->name == display_name)
            return FoundTenant{*std::move(environment), *std::move(existing)};
        return refuse(Errc::already_exists, fmt::format("tenant {} exists", name.text()),
                      fmt::format("jeton tenant show {}", name.text()));
    }
    const Tenant tenant{TenantId::fresh(), environment->id, name.tenant, display_name, now};
    tx.insert(tenant);
    record(tx, peer, {.event = "tenant.created", .subject = name.text(), .tenant = name.text()}, now);
    return FoundTenant{*std::move(environment), tenant};
}

Result<FoundTenant> edit_tenant(Transaction& tx, const Peer& peer, const TenantName& name,
                                const std::string& display_name, UtcSeconds now) {
    if (auto text = check_free_text("name", display_name, tenant_name_limit); !text) return text.error();
    auto found = find_tenant(tx, name);
    if (!found) return found.error();
    if (found->tenant.name == display_name) return found;
    found->tenant.name = display_name;
    tx.update(found->tenant);
    record(tx, peer, {.event = "tenant.edited", .subject = name.text(), .tenant = name.text(), .detail = "name"}, now);
    return found;
}

}  // namespace jeton::vault
