#include "daemon/vault/store/used_assertions.hpp"

#include <initializer_list>

#include "daemon/vault/store/engine.hpp"

namespace jeton::vault::used_assertions {
namespace {

std::int64_t change(Transaction& tx, std::string_view sql, std::initializer_list<Value> parameters) {
    auto& engine = tx.engine();
    engine.database->run(sql, parameters);
    const auto changes = engine.database->changes();
    if (changes > 0) engine.wrote();  // nothing changed: nothing to be made durable
    return changes;
}

std::int64_t number_of(UtcSeconds at) { return at.time_since_epoch().count(); }

}  // namespace

bool add(Transaction& tx, const ConnectionId& connection, std::string_view jti, UtcSeconds expires_at) {
    return change(tx,
                  "INSERT INTO used_assertions (connection, jti, expires_at) VALUES (?, ?, ?) "
                  "ON CONFLICT (connection, jti) DO NOTHING",
                  {connection.text, std::string{jti}, number_of(expires_at)}) > 0;
}

std::vector<UsedAssertion> list(Transaction& tx) {
    std::vector<UsedAssertion> all;
    for (const auto& row : tx.engine().database->query("SELECT connection, jti, expires_at FROM used_assertions", {})) {
        all.push_back({ConnectionId{std::get<std::string>(row.at(0))}, std::get<std::string>(row.at(1)),
                       UtcSeconds{std::chrono::seconds{std::get<std::int64_t>(row.at(2))}}});
    }
    return all;
}

std::int64_t count(Transaction& tx, const ConnectionId& connection) {
    return tx.engine().database->number("SELECT count(*) FROM used_assertions WHERE connection = ?", {connection.text});
}

void erase_until(Transaction& tx, UtcSeconds until) {
    (void)change(tx, "DELETE FROM used_assertions WHERE expires_at <= ?", {number_of(until)});
}

void forget(Transaction& tx, const ConnectionId& connection) {
    (void)change(tx, "DELETE FROM used_assertions WHERE connection = ?", {connection.text});
}

}  // namespace jeton::vault::used_assertions
