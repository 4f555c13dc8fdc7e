#include "daemon/vault/services/find.hpp"

#include <utility>

#include <fmt/format.h>

#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/faults.hpp"
#include "daemon/vault/store/tenants.hpp"

namespace jeton::vault {

Result<Environment> find_environment(Transaction& tx, std::string_view name) {
    if (auto grammar = check_environment_name(name); !grammar) return grammar.error();
    auto environment = environments::find(tx, name);
    if (!environment) {
        return refuse(Errc::not_found, fmt::format("no environment {}", name), "jeton environment list");
    }
    return *std::move(environment);
}

Result<FoundTenant> find_tenant(Transaction& tx, const TenantName& name) {
    auto environment = find_environment(tx, name.environment);
    if (!environment) return environment.error();
    auto tenant = tenants::find(tx, environment->id, name.tenant);
    if (!tenant) {
        return refuse(Errc::not_found, fmt::format("no tenant {}", name.text()),
                      fmt::format("jeton tenant create {} --name NAME", name.text()));
    }
    return FoundTenant{*std::move(environment), *std::move(tenant)};
}

Result<App> find_app(Transaction& tx, std::string_view name) {
    if (auto grammar = check_app_name(name); !grammar) return grammar.error();
    auto app = apps::find(tx, name);
    if (!app) return refuse(Errc::not_found, fmt::format("no app {}", name), "jeton app list");
    return *std::move(app);
}

Result<FoundConnection> find_connection(Transaction& tx, const ConnectionName& name) {
    const auto unlisted = [&] {
        return refuse(Errc::not_found, fmt::format("no connection {}", name.text()),
                      "ask the developer of the app to add your tenant ID: "
                      "jeton app tenant add " +
                          name.app + " " + name.tenant.text());
    };
    auto app = apps::find(tx, name.app);
    auto environment = environments::find(tx, name.tenant.environment);
    if (!app || !environment) return unlisted();
    auto tenant = tenants::find(tx, environment->id, name.tenant.tenant);
    if (!tenant) return unlisted();
    auto connection = connections::find(tx, app->id, tenant->id);
    if (!connection) return unlisted();
    return FoundConnection{*std::move(app), *std::move(environment), *std::move(tenant), *std::move(connection)};
}

FoundConnection complete(Transaction& tx, Connection connection) {
    auto app = apps::get(tx, connection.app);
    auto tenant = tenants::get(tx, connection.tenant);
    auto environment = environments::get(tx, connection.environment);
    if (!app || !tenant || !environment) throw Tampered("connections", connection.id.text);
    return FoundConnection{*std::move(app), *std::move(environment), *std::move(tenant), std::move(connection)};
}

}  // namespace jeton::vault
