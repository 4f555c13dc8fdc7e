#include "daemon/vault/services/selection.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>

#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/services/client_keys.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/faults.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "daemon/vault/store/usage.hpp"

namespace jeton::vault {
namespace {

/// Completes many connections, and reads each app, tenant and environment once.
class Completer {
public:
    explicit Completer(Transaction& tx) : tx_(tx) {}

    FoundConnection complete(Connection connection) {
        const auto& app = once(apps_, connection.app, connection, &apps::get);
        const auto& environment = once(environments_, connection.environment, connection, &environments::get);
        const auto& tenant = once(tenants_, connection.tenant, connection, &tenants::get);
        return {app, environment, tenant, std::move(connection)};
    }

private:
    template <class Id, class Row>
    const Row& once(std::map<Id, Row>& rows, const Id& id, const Connection& connection,
                    std::optional<Row> (*get)(Transaction&, const Id&)) {
        if (const auto known = rows.find(id); known != rows.end()) return known->second;
        auto row = get(tx_, id);
        if (!row) throw Tampered("connections", connection.id.text);
        return rows.emplace(id, *std::move(row)).first->second;
    }

    Transaction& tx_;
    std::map<AppId, App> apps_;
    std::map<EnvironmentId, Environment> environments_;
    std::map<TenantId, Tenant> tenants_;
};

/// The selector's names, checked.
struct Names {
    std::string tenant;                 ///< empty: any
    std::vector<EnvironmentId> within;  ///< every one of them must be the connection's
};

Result<Names> names_of(Transaction& tx, const Selector& selector) {
    Names names;
    std::vector<std::string> environments;
    if (selector.app) {
        if (auto grammar = check_app_name(*selector.app); !grammar) return grammar.error();
    }
    if (selector.tenant) {
        auto name = parse_new_tenant_name(*selector.tenant);
        if (!name) return name.error();
        names.tenant = std::move(name->tenant);
        if (selector.tenant->contains('@')) environments.push_back(std::move(name->environment));
    }
    if (selector.environment) environments.push_back(*selector.environment);
    for (const auto& name : environments) {
        const auto environment = find_environment(tx, name);
        if (!environment) return environment.error();
        names.within.push_back(environment->id);
    }
    return names;
}

/// As few rows as the store's indexes allow.
std::vector<Connection> candidates(Transaction& tx, const Selector& selector, const Names& names) {
    if (selector.client_id) return connections::of_client_id(tx, *selector.client_id);
    if (selector.app) {
        const auto app = apps::find(tx, *selector.app);
        return app ? connections::of_app(tx, app->id) : std::vector<Connection>{};
    }
    if (!names.tenant.empty() && !names.within.empty()) {
        const auto tenant = tenants::find(tx, names.within.front(), names.tenant);
        return tenant ? connections::of_tenant(tx, tenant->id) : std::vector<Connection>{};
    }
    return connections::list(tx);
}

bool is_in(const Connection& connection, const std::vector<EnvironmentId>& environments) {
    return std::ranges::all_of(environments, [&](const EnvironmentId& id) { return connection.environment == id; });
}

bool is_unused(Transaction& tx, const Connection& connection, std::chrono::seconds age, UtcSeconds now) {
    const auto used = usage::last_of_connection(tx, connection.id);
    return !used || used->last_at + age <= now;
}

/// A key stands for a secret where jeton is the authorization server; a portal wants its own.
bool has_credential(Transaction& tx, const FoundConnection& found) {
    if (!usable_secrets(tx, found).empty()) return true;
    return found.environment.kind == EnvironmentKind::local && !active_client_keys(tx, found.connection.id).empty();
}

bool has(Transaction& tx, const FoundConnection& found, const Selector& selector, UtcSeconds now) {
    const auto& connection = found.connection;
    const bool is_connected = connection.state == ConnectionState::connected;
    if (selector.app && found.app.name != *selector.app) return false;
    if (selector.new_version && !has_new_version(found)) return false;
    if (selector.missing_secret && (!is_connected || has_credential(tx, found))) return false;
    return !selector.unused_for || (is_connected && is_unused(tx, connection, *selector.unused_for, now));
}

/// The connection, where `selector` selects it.
std::optional<FoundConnection> selected_from(Transaction& tx, const Standing& standing, const Selector& selector,
                                             const Names& names, Completer& completer, Connection connection,
                                             UtcSeconds now) {
    if (!standing.sees(connection) || !is_in(connection, names.within)) return std::nullopt;
    if (selector.state && connection.state != *selector.state) return std::nullopt;
    auto found = completer.complete(std::move(connection));
    if (!names.tenant.empty() && found.tenant.tenant != names.tenant) return std::nullopt;
    if (!has(tx, found, selector, now)) return std::nullopt;
    return found;
}

constexpr std::size_t walked_at_once = 100;

/// An index finds the few that there are.
bool is_narrow(const Selector& selector, const Names& names) {
    return selector.client_id || (!names.tenant.empty() && !names.within.empty() && !selector.app);
}

std::tuple<std::string, std::string, std::string> place_of(const ConnectionName& name) {
    return {name.app, name.tenant.tenant, name.tenant.environment};
}

/// A cursor is the name of a connection; any other text is a place among the names, too.
ConnectionName name_at(std::string_view cursor) {
    const auto slash = std::min(cursor.find('/'), cursor.size());
    const auto rest = cursor.substr(std::min(slash + 1, cursor.size()));
    const auto at = std::min(rest.find('@'), rest.size());
    return {std::string{cursor.substr(0, slash)},
            {std::string{rest.substr(0, at)}, std::string{rest.substr(std::min(at + 1, rest.size()))}}};
}

/// The apps from `name` on, by their names; or the one that is asked for.
std::vector<App> apps_from(Transaction& tx, const Selector& selector, std::string_view name) {
    std::vector<App> apps;
    if (selector.app) {
        if (auto app = apps::find(tx, *selector.app)) apps.push_back(*std::move(app));
    } else {
        apps = apps::list(tx);
    }
    std::erase_if(apps, [&](const App& app) { return app.name < name; });
    return apps;
}

}  // namespace

Result<std::vector<FoundConnection>> select_connections(Transaction& tx, const Standing& standing,
                                                        const Selector& selector, UtcSeconds now) {
    const auto names = names_of(tx, selector);
    if (!names) return names.error();
    std::vector<FoundConnection> selected;
    Completer completer{tx};
    for (auto& connection : candidates(tx, selector, *names)) {
        if (auto found = selected_from(tx, standing, selector, *names, completer, std::move(connection), now))
            selected.push_back(*std::move(found));
    }
    return selected;
}

Result<std::string> walk_connections(Transaction& tx, const Standing& standing, const Selector& selector,
                                     std::string_view after, UtcSeconds now, const std::function<bool()>& has_room,
                                     const std::function<bool(const FoundConnection&)>& visit) {
    const auto names = names_of(tx, selector);
    if (!names) return names.error();
    auto reached = name_at(after);
    if (is_narrow(selector, *names)) {
        auto selected = select_connections(tx, standing, selector, now);
        if (!selected) return selected.error();
        std::ranges::sort(*selected, {}, [](const FoundConnection& found) { return place_of(found.full_name()); });
        bool is_first = true;  // it is shown however long it took to find: every page goes on
        for (const auto& found : *selected) {
            auto name = found.full_name();
            if (place_of(name) <= place_of(reached)) continue;
            if ((!is_first && !has_room()) || !visit(found)) return reached.text();
            is_first = false;
            reached = std::move(name);
        }
        return std::string{};
    }
    if (after.empty() && !selector.app) {
        connections::check_complete(tx);
        tenants::check_complete(tx);
    }
    Completer completer{tx};
    bool is_first = true;
    for (const auto& app : apps_from(tx, selector, reached.app)) {
        TenantName last = app.name == reached.app ? reached.tenant : TenantName{};
        for (std::size_t count = walked_at_once; count == walked_at_once;) {
            auto rows =
                connections::of_app_behind(tx, app.id, last.tenant, last.environment, std::int64_t{walked_at_once});
            count = rows.size();
            for (auto& row : rows) {
                if (!is_first && !has_room()) return reached.text();
                is_first = false;
                last = completer.complete(row).tenant_name();
                const auto found = selected_from(tx, standing, selector, *names, completer, std::move(row), now);
                if (found && !visit(*found)) return reached.text();
                reached = {app.name, last};
            }
        }
    }
    return std::string{};
}

bool has_new_version(const FoundConnection& found) {
    const auto accepted = found.connection.accepted_version;
    return accepted != 0 && accepted != found.app.current_version;
}

}  // namespace jeton::vault
