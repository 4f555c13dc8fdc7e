// Verbs: tenant.create, tenant.edit, tenant.list, tenant.show
#include "daemon/vault/services/tenants.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::value view_of(const FoundTenant& found) {
    return {{"tenant", found.tenant.tenant}, {"environment", found.environment.name}, {"name", found.tenant.name}};
}

/// Looks at `name`, which must stay.
std::pair<std::string_view, std::string_view> place_of(const TenantName& name) {
    return {name.tenant, name.environment};
}
std::pair<std::string_view, std::string_view> place_of(const FoundTenant& found) {
    return {found.tenant.tenant, found.environment.name};
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
    const auto at = std::min(page.after.find('@'), page.after.size());
    const TenantName behind{page.after.substr(0, at), page.after.substr(std::min(at + 1, page.after.size()))};
    if (page.after.empty()) tenants::check_complete(call.tx);
    // Of each environment as many as there is room for; what lies behind the end of one of these parts is for later.
    std::vector<FoundTenant> candidates;
    std::optional<TenantName> end;
    for (const auto& environment : environments::list(call.tx)) {
        if (only && environment.name != *only) continue;
        auto part = tenants::from(call.tx, environment.id, behind.tenant, page.limit + 1);
        if (static_cast<std::int64_t>(part.size()) > page.limit) {
            TenantName last{part.back().tenant, environment.name};
            if (!end || place_of(last) < place_of(*end)) end = std::move(last);
        }
        for (auto& tenant : part) candidates.push_back({environment, std::move(tenant)});
    }
    std::ranges::sort(candidates, {}, [](const FoundTenant& found) { return place_of(found); });
    PageRows shown{page.limit};
    std::string reached;
    for (const auto& found : candidates) {
        if (!page.after.empty() && place_of(found) <= place_of(behind)) continue;
        const bool is_over = (end && place_of(found) > place_of(*end)) || shown.is_full() || !page.has_time();
        if (is_over && !reached.empty()) return std::move(shown).end(std::move(reached));
        reached = TenantName{found.tenant.tenant, found.environment.name}.text();
        if (sees(call.tx, call.standing, found.tenant)) shown.add(view_of(found));
    }
    return std::move(shown).end(end ? std::move(reached) : std::string{});
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
