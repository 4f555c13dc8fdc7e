// Verbs: tenant.create, tenant.list, tenant.show
#include "daemon/vault/services/tenants.hpp"

#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::value view_of(const FoundTenant& found) {
    return {{"tenant", found.tenant.tenant}, {"environment", found.environment.name}, {"name", found.tenant.name}};
}

}  // namespace

Result<Outcome> tenant_create(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("tenant");
    const auto display_name = in.text("name");
    const auto if_not_exists = in.flag("if_not_exists");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto tenant = parse_tenant_name(name);
    if (!tenant) return tenant.error();
    const auto created = create_tenant(call.tx, call.peer, *tenant, display_name, if_not_exists, call.now());
    if (!created) return created.error();
    return done(view_of(*created));
}

Result<Outcome> tenant_list(Call& call) {
    protocol::Fields in{call.body};
    const auto only = in.optional_text("environment");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (only) {
        if (auto known = find_environment(call.tx, *only); !known) return known.error();
    }
    json::array list;
    for (const auto& environment : environments::list(call.tx)) {
        if (only && environment.name != *only) continue;
        for (const auto& tenant : tenants::list(call.tx, environment.id))
            list.push_back(view_of({environment, tenant}));
    }
    return done(std::move(list));
}

Result<Outcome> tenant_show(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("tenant");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto tenant = parse_tenant_name(name);
    if (!tenant) return tenant.error();
    const auto found = find_tenant(call.tx, *tenant);
    if (!found) return found.error();
    return done(view_of(*found));
}

}  // namespace jeton::vault::verbs
