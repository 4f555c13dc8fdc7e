#include "daemon/vault/store/usage.hpp"

#include <initializer_list>

#include "daemon/vault/store/engine.hpp"

namespace jeton::vault::usage {
namespace {

std::optional<Usage> first(Transaction& tx, std::string_view where, std::initializer_list<Value> parameters,
                           const ConnectionId& connection) {
    const auto rows = tx.engine().database->query("SELECT secret_prefix, uid, user, count, last_at FROM usage " +
                                                      std::string{where} + " ORDER BY last_at DESC, uid LIMIT 1",
                                                  parameters);
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    Usage used;
    used.connection = connection;
    used.secret_prefix = std::get<std::string>(row.at(0));
    used.uid = std::get<std::int64_t>(row.at(1));
    used.user = std::get<std::string>(row.at(2));
    used.count = std::get<std::int64_t>(row.at(3));
    used.last_at = UtcSeconds{std::chrono::seconds{std::get<std::int64_t>(row.at(4))}};
    return used;
}

}  // namespace

void add(Transaction& tx, const Usage& used) {
    auto& engine = tx.engine();
    engine.wrote();
    engine.database->run(
        "INSERT INTO usage (connection, secret_prefix, uid, user, count, last_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (connection, secret_prefix, uid) DO UPDATE SET user = excluded.user, count = count + "
        "excluded.count, "
        "last_at = max(last_at, excluded.last_at)",
        {used.connection.text, used.secret_prefix, used.uid, used.user, used.count,
         std::int64_t{used.last_at.time_since_epoch().count()}});
}

std::optional<Usage> last_of(Transaction& tx, const ConnectionId& connection, std::string_view secret_prefix) {
    return first(tx, "WHERE connection = ? AND secret_prefix = ?", {connection.text, std::string{secret_prefix}},
                 connection);
}

std::optional<Usage> last_of_connection(Transaction& tx, const ConnectionId& connection) {
    return first(tx, "WHERE connection = ?", {connection.text}, connection);
}

void forget(Transaction& tx, const ConnectionId& connection) {
    auto& engine = tx.engine();
    engine.wrote();
    engine.database->run("DELETE FROM usage WHERE connection = ?", {connection.text});
}

}  // namespace jeton::vault::usage
