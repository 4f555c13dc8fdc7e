#include "daemon/vault/store/connections.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "daemon/vault/keys/tampered.hpp"
#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Connection&);
template void Transaction::update(const Connection&);
template void Transaction::erase(const Connection&);

}  // namespace jeton::vault

namespace jeton::vault::connections {
namespace {

ConnectionOrder& order_of(Transaction& tx, const AppId& app) {
    auto& order = tx.engine().connection_order;
    if (order.app == app.text && order.epoch == tx.epoch()) return order;
    order = {app.text, tx.epoch(), {}};
    tx.engine().database->each(
        "SELECT t.tenant, e.name, c.id FROM connections c JOIN tenants t ON t.id = c.tenant "
        "JOIN environments e ON e.id = c.environment WHERE c.app = ? ORDER BY t.tenant, e.name",
        {app.text}, [&](Record& row) {
            const auto text = [&](std::size_t at) {
                auto* found = std::get_if<std::string>(&row[at]);
                if (found == nullptr) throw Tampered("connections", "of app " + app.text);
                return std::move(*found);
            };
            order.places.push_back({text(0), text(1), text(2)});
            return true;
        });
    return order;
}

}  // namespace

std::optional<Connection> find(Transaction& tx, const AppId& app, const TenantId& tenant) {
    return rows::first<Connection>(tx, "WHERE app = ? AND tenant = ?", {app.text, tenant.text});
}

std::optional<Connection> get(Transaction& tx, const ConnectionId& id) { return rows::by_id<Connection>(tx, id.text); }

std::optional<Connection> by_client_id(Transaction& tx, const EnvironmentId& environment, std::string_view client_id) {
    if (client_id.empty()) return std::nullopt;
    return rows::first<Connection>(tx, "WHERE environment = ? AND client_id = ? AND client_id <> ''",
                                   {environment.text, std::string{client_id}});
}

std::vector<Connection> of_client_id(Transaction& tx, std::string_view client_id) {
    return rows::where<Connection>(tx,
                                   "WHERE client_id = ? AND client_id <> '' ORDER BY environment, created_at, rowid",
                                   {std::string{client_id}});
}

std::vector<Connection> of_client_id(Transaction& tx, const EnvironmentId& environment, std::string_view client_id) {
    return rows::where<Connection>(
        tx, "WHERE environment = ? AND client_id = ? AND client_id <> '' ORDER BY created_at, rowid",
        {environment.text, std::string{client_id}});
}

std::vector<Connection> of_app(Transaction& tx, const AppId& app) {
    return rows::where<Connection>(tx, "WHERE app = ? ORDER BY created_at, rowid", {app.text});
}

std::vector<Connection> of_app_behind(Transaction& tx, const AppId& app, std::string_view tenant,
                                      std::string_view environment, std::int64_t limit) {
    auto& order = order_of(tx, app);
    const auto name_of = [](const ConnectionOrder::Place& place) {
        return std::pair<std::string_view, std::string_view>{place.tenant, place.environment};
    };
    auto at = std::ranges::upper_bound(order.places, std::pair{tenant, environment}, {}, name_of);
    std::vector<Connection> found;
    for (; at != order.places.end() && std::ssize(found) < limit; ++at) {
        auto connection = rows::by_id<Connection>(tx, at->id);
        if (!connection) throw Tampered("connections", at->id);  // by no commit of ours
        found.push_back(*std::move(connection));
    }
    if (at == order.places.end()) order = {};  // that was the last of it
    return found;
}

std::vector<Connection> of_tenant(Transaction& tx, const TenantId& tenant) {
    return rows::where<Connection>(tx, "WHERE tenant = ? ORDER BY created_at, rowid", {tenant.text});
}

std::vector<Connection> of_environment(Transaction& tx, const EnvironmentId& environment) {
    return rows::where<Connection>(tx, "WHERE environment = ? ORDER BY created_at, rowid", {environment.text});
}

std::vector<Connection> list(Transaction& tx) { return rows::all<Connection>(tx, "ORDER BY created_at, rowid"); }

void check_complete(Transaction& tx) { rows::check_complete<Connection>(tx); }

void void_tokens(Transaction& tx) {
    const auto generation = tx.epoch();
    for (auto& connection : list(tx)) {
        connection.token_generation = generation;
        tx.update(connection);
    }
}

std::int64_t count(Transaction& tx, const EnvironmentId& environment, ConnectionState state) {
    return tx.engine().database->number("SELECT count(*) FROM connections WHERE environment = ? AND state = ?",
                                        {environment.text, std::string{name_of(state)}});
}

void each_id(Transaction& tx, const EnvironmentId& environment, const std::function<void(const std::string&)>& visit) {
    tx.engine().database->each("SELECT id FROM connections WHERE environment = ?", {environment.text},
                               [&](const Record& record) {
                                   if (const auto* id = std::get_if<std::string>(record.data())) visit(*id);
                                   return true;
                               });
}

std::int64_t count(Transaction& tx, const AppId& app) {
    return tx.engine().database->number("SELECT count(*) FROM connections WHERE app = ?", {app.text});
}

std::int64_t count(Transaction& tx, const EnvironmentId& environment) {
    return tx.engine().database->number("SELECT count(*) FROM connections WHERE environment = ?", {environment.text});
}

}  // namespace jeton::vault::connections
