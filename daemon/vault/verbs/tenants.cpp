// Verbs: tenant.create, tenant.edit, tenant.list, tenant.show
#include "daemon/vault/services/tenants.hpp"

#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "daemon/vault/verbs/page.hpp"
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
    const auto tenant = parse_new_tenant_name(name);
    if (!tenant) return tenant.error();
    const auto created = create_tenant(call.tx, call.peer, *tenant, display_name, if_not_exists, call.now());
    if (!created) return created.error();
    return done(view_of(*created));
}

Result<Outcome> tenant_edit(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("tenant");
    const auto display_name = in.text("name");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto tenant = parse_tenant_name(name);
    if (!tenant) return tenant.error();
    const auto edited = edit_tenant(call.tx, call.peer, *tenant, display_name, call.now());
    if (!edited) return edited.error();
    return done(view_of(*edited));
}

Result<Outcome> tenant_list(Call& call) {
    protocol::Fields in{call.body};
    const auto page = Page::read(in);
    const auto only = in.optional_text("environment");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (only) {
        if (auto known = find_environment(call.tx, *only); !known) return known.error();
    }
    std::vector<FoundTenant> visible;
    for (const auto& environment : environments::list(call.tx)) {
        if (only && environment.name != *only) continue;
        for (auto& tenant : tenants::list(call.tx, environment.id)) {
            if (sees(call.tx, call.standing, tenant)) visible.push_back({environment, std::move(tenant)});
        }
    }
    const auto key_of = [](const FoundTenant& found) {
        return TenantName{found.tenant.tenant, found.environment.name}.text();
    };
    return page_of(std::move(visible), page, key_of, view_of);
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
