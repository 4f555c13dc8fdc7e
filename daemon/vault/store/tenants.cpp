#include "daemon/vault/store/tenants.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Tenant&);
template void Transaction::update(const Tenant&);
template void Transaction::erase(const Tenant&);

}  // namespace jeton::vault

namespace jeton::vault::tenants {

std::optional<Tenant> find(Transaction& tx, const EnvironmentId& environment, std::string_view tenant) {
    return rows::first<Tenant>(tx, "WHERE environment = ? AND tenant = ?", {environment.text, std::string{tenant}});
}

std::optional<Tenant> get(Transaction& tx, const TenantId& id) { return rows::by_id<Tenant>(tx, id.text); }

std::vector<Tenant> from(Transaction& tx, const EnvironmentId& environment, std::string_view tenant,
                         std::int64_t limit) {
    return rows::where<Tenant>(tx, "WHERE environment = ? AND tenant >= ? ORDER BY tenant LIMIT ?",
                               {environment.text, std::string{tenant}, limit});
}

void check_complete(Transaction& tx) { rows::check_complete<Tenant>(tx); }

std::vector<Tenant> list(Transaction& tx, const std::optional<EnvironmentId>& environment) {
    if (environment) return rows::where<Tenant>(tx, "WHERE environment = ? ORDER BY tenant", {environment->text});
    return rows::all<Tenant>(tx, "ORDER BY tenant, environment");
}

}  // namespace jeton::vault::tenants
