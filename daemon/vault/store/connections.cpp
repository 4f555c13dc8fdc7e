#include "daemon/vault/store/connections.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Connection&);
template void Transaction::update(const Connection&);
template void Transaction::erase(const Connection&);

}  // namespace jeton::vault

namespace jeton::vault::connections {

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
    constexpr std::string_view names =
        "(SELECT t.tenant FROM tenants t WHERE t.id = connections.tenant), "
        "(SELECT e.name FROM environments e WHERE e.id = connections.environment)";
    static const auto clause = "WHERE app = ? AND (" + std::string{names} + ") > (?, ?) ORDER BY " +
                               std::string{names} + " LIMIT ?";  // sql: fixed text
    return rows::where<Connection>(tx, clause, {app.text, std::string{tenant}, std::string{environment}, limit});
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
