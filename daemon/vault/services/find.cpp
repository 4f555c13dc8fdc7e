#include "daemon/vault/services/find.hpp"

#include <utility>

#include <fmt/format.h>

#include "daemon/base/nearest.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/faults.hpp"
#include "daemon/vault/store/tenants.hpp"

namespace jeton::vault {

TenantName name_of(Transaction& tx, const Tenant& tenant) {
    const auto environment = environments::get(tx, tenant.environment);
    if (!environment) throw Tampered("tenants", tenant.id.text);
    return {tenant.tenant, environment->name};
}

namespace {

/// Each side lifts its own pause; an older jeton kept no names, and then either may.
std::string who_lifts(const FoundConnection& found) {
    const auto& connection = found.connection;
    const auto tenant = "the admin of tenant " + found.tenant.tenant;
    if (connection.operator_pause_by.empty()) return "ask " + tenant;
    return connection.tenant_pause_by.empty() ? "ask an operator" : fmt::format("ask an operator, and {}", tenant);
}

}  // namespace

Error state_refusal(const FoundConnection& found) {
    const auto name = found.name();
    switch (found.connection.state) {
        case ConnectionState::not_connected:
            return refuse(Errc::wrong_state, fmt::format("{}: Not Connected Yet", name),
                          fmt::format("ask the admin of tenant {} to connect: jeton access review {}",
                                      found.tenant.tenant, name));
        case ConnectionState::disabled:
            return refuse(Errc::wrong_state, fmt::format("{} is disabled (paused)", name),
                          fmt::format("{}: jeton access enable {}", who_lifts(found), name));
        case ConnectionState::connected: break;
    }
    return refuse(Errc::wrong_state, fmt::format("{} is connected", name), fmt::format("jeton access review {}", name));
}

namespace {

/// Whoever has a role may list them all, so that the nearest name tells nothing new.
Error absent_environment(Transaction& tx, std::string_view name) {
    const auto all = environments::list(tx);
    std::vector<std::string_view> names;
    names.reserve(all.size());
    for (const auto& one : all) names.emplace_back(one.name);
    const auto near = nearest(name, names);
    return refuse(Errc::not_found, fmt::format("no environment {}", name),
                  near ? fmt::format("did you mean {}? jeton environment list shows all", *near)
                       : std::string{"jeton environment list"});
}

}  // namespace

Error absent_app(std::string_view name) {
    return refuse(Errc::not_found, fmt::format("no app {}", name), "jeton app list");
}

Error absent_tenant(const TenantName& name) {
    return refuse(
        Errc::not_found, fmt::format("no tenant {}", name.text()),
        fmt::format("jeton tenant list; an operator adds one: jeton tenant create {} --name NAME", name.text()));
}

Error absent_connection(const ConnectionName& name) {
    return refuse(Errc::not_found, fmt::format("no connection {}", name.text()), how_to_list(name));
}

std::string how_to_list(const ConnectionName& name) {
    return fmt::format(
        "ask the developer of the app to add your tenant ID through the developer portal: jeton app tenant add {} {}",
        name.app, name.tenant.text());
}

Result<Environment> find_environment(Transaction& tx, std::string_view name) {
    if (auto grammar = check_environment_name(name); !grammar) return grammar.error();
    auto environment = environments::find(tx, name);
    if (!environment) return absent_environment(tx, name);
    return *std::move(environment);
}

Result<FoundTenant> find_tenant(Transaction& tx, const TenantName& name) {
    auto environment = find_environment(tx, name.environment);
    if (!environment) return environment.error();
    auto tenant = tenants::find(tx, environment->id, name.tenant);
    if (!tenant) return absent_tenant(name);
    return FoundTenant{*std::move(environment), *std::move(tenant)};
}

Result<App> find_app(Transaction& tx, std::string_view name) {
    if (auto grammar = check_app_name(name); !grammar) return grammar.error();
    auto app = apps::find(tx, name);
    if (!app) return absent_app(name);
    return *std::move(app);
}

Result<FoundConnection> find_connection(Transaction& tx, const ConnectionName& name) {
    auto app = apps::find(tx, name.app);
    auto environment = environments::find(tx, name.tenant.environment);
    if (!environment) return absent_environment(tx, name.tenant.environment);
    if (!app) return absent_connection(name);
    auto tenant = tenants::find(tx, environment->id, name.tenant.tenant);
    if (!tenant) return absent_connection(name);
    auto connection = connections::find(tx, app->id, tenant->id);
    if (!connection) return absent_connection(name);
    return FoundConnection{*std::move(app), *std::move(environment), *std::move(tenant), *std::move(connection)};
}

FoundConnection complete(Transaction& tx, Connection connection) {
    auto app = apps::get(tx, connection.app);
    auto tenant = tenants::get(tx, connection.tenant);
    auto environment = environments::get(tx, connection.environment);
    if (!app || !tenant || !environment) throw Tampered("connections", connection.id.text);
    return FoundConnection{*std::move(app), *std::move(environment), *std::move(tenant), std::move(connection)};
}

FoundConnection connection_with(Transaction& tx, const ConnectionId& id) {
    auto connection = connections::get(tx, id);
    if (!connection) throw Tampered("connections", id.text);
    return complete(tx, *std::move(connection));
}

}  // namespace jeton::vault
