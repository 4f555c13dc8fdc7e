#include "daemon/vault/store/secrets.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Secret&);
template void Transaction::update(const Secret&);
template void Transaction::erase(const Secret&);

}  // namespace jeton::vault

namespace jeton::vault::secrets {

std::vector<Secret> of(Transaction& tx, const ConnectionId& connection) {
    return rows::where<Secret>(tx, "WHERE connection = ? ORDER BY created_at, rowid", {connection.text});
}

std::vector<Secret> by_prefix(Transaction& tx, std::string_view prefix) {
    return rows::where<Secret>(tx, "WHERE prefix = ? ORDER BY created_at, rowid", {std::string{prefix}});
}

std::vector<Secret> after(Transaction& tx, std::string_view id, std::int64_t limit) {
    return rows::where<Secret>(tx, "WHERE id > ? ORDER BY id LIMIT ?", {std::string{id}, limit});
}

std::vector<Secret> of_environment(Transaction& tx, const EnvironmentId& environment) {
    return rows::where<Secret>(tx,
                               "WHERE connection IN (SELECT id FROM connections WHERE environment = ?) "
                               "ORDER BY created_at, rowid",
                               {environment.text});
}

std::vector<Secret> bound_elsewhere(Transaction& tx, const EnvironmentId& environment, std::string_view destination) {
    return rows::where<Secret>(tx,
                               "WHERE destination IS NOT NULL AND destination <> ? AND state = 'active' "
                               "AND connection IN (SELECT id FROM connections WHERE environment = ?)",
                               {std::string{destination}, environment.text});
}

void each_active(Transaction& tx, const EnvironmentId& environment, UtcSeconds now,
                 const std::function<void(const Brief&)>& visit) {
    const auto time_in = [](const Value& value) {
        const auto* seconds = std::get_if<std::int64_t>(&value);
        return seconds == nullptr ? std::optional<UtcSeconds>{} : UtcSeconds{std::chrono::seconds{*seconds}};
    };
    tx.engine().database->each(
        "SELECT s.connection, s.created_at, s.deactivates_at FROM connections c CROSS JOIN secrets s "
        "ON s.connection = c.id AND s.state = 'active' WHERE c.environment = ? "
        "AND (s.deactivates_at IS NULL OR s.deactivates_at > ?)",
        {environment.text, std::int64_t{now.time_since_epoch().count()}}, [&](const Record& record) {
            const auto* connection = std::get_if<std::string>(record.data());
            const auto made = time_in(record.at(1));
            if (connection != nullptr && made) visit({*connection, *made, time_in(record.at(2))});
            return true;
        });
}

}  // namespace jeton::vault::secrets
