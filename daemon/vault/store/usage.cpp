#include "daemon/vault/store/usage.hpp"

#include "daemon/vault/store/engine.hpp"

namespace jeton::vault::usage {

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
    const auto rows = tx.engine().database->query(
        "SELECT uid, user, count, last_at FROM usage WHERE connection = ? AND secret_prefix = ? "
        "ORDER BY last_at DESC, uid LIMIT 1",
        {connection.text, std::string{secret_prefix}});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    Usage used;
    used.connection = connection;
    used.secret_prefix = secret_prefix;
    used.uid = std::get<std::int64_t>(row.at(0));
    used.user = std::get<std::string>(row.at(1));
    used.count = std::get<std::int64_t>(row.at(2));
    used.last_at = UtcSeconds{std::chrono::seconds{std::get<std::int64_t>(row.at(3))}};
    return used;
}

}  // namespace jeton::vault::usage
