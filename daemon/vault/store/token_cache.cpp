#include "daemon/vault/store/token_cache.hpp"

#include <initializer_list>
#include <string_view>

#include "daemon/vault/store/engine.hpp"

namespace jeton::vault::token_cache {
namespace {

void change(Transaction& tx, std::string_view sql, std::initializer_list<Value> parameters) {
    auto& engine = tx.engine();
    engine.database->run(sql, parameters);
    if (engine.database->changes() > 0) engine.wrote();  // nothing changed: nothing to be made durable
}

std::int64_t number_of(UtcSeconds at) { return at.time_since_epoch().count(); }

std::vector<KeptToken> rows(Transaction& tx, std::string_view where, std::initializer_list<Value> parameters) {
    std::vector<KeptToken> found;
    const auto sql =
        "SELECT connection, secret, scopes, resource, sealed, expires_at FROM token_cache " + std::string{where};
    for (const auto& row : tx.engine().database->query(sql, parameters)) {
        KeptToken token;
        token.key = {ConnectionId{std::get<std::string>(row.at(0))}, SecretId{std::get<std::string>(row.at(1))},
                     std::get<std::string>(row.at(2)), std::get<std::string>(row.at(3))};
        token.sealed = std::get<Bytes>(row.at(4));
        token.expires_at = UtcSeconds{std::chrono::seconds{std::get<std::int64_t>(row.at(5))}};
        found.push_back(std::move(token));
    }
    return found;
}

}  // namespace

void put(Transaction& tx, const KeptToken& token) {
    change(tx,
           "INSERT INTO token_cache (connection, secret, scopes, resource, sealed, expires_at) "
           "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (connection, secret, scopes, resource) "
           "DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at",
           {token.key.connection.text, token.key.secret.text, token.key.scopes, token.key.resource, token.sealed,
            number_of(token.expires_at)});
}

void erase(Transaction& tx, const TokenKey& key) {
    change(tx, "DELETE FROM token_cache WHERE connection = ? AND secret = ? AND scopes = ? AND resource = ?",
           {key.connection.text, key.secret.text, key.scopes, key.resource});
}

void erase_connection(Transaction& tx, const ConnectionId& connection) {
    change(tx, "DELETE FROM token_cache WHERE connection = ?", {connection.text});
}

void erase_until(Transaction& tx, UtcSeconds now) {
    change(tx, "DELETE FROM token_cache WHERE expires_at <= ?", {number_of(now)});
}

void erase_all(Transaction& tx) { change(tx, "DELETE FROM token_cache", {}); }

std::vector<KeptToken> of(Transaction& tx, const ConnectionId& connection) {
    return rows(tx, "WHERE connection = ?", {connection.text});
}

std::vector<KeptToken> after(Transaction& tx, const TokenKey& key, std::int64_t limit) {
    return rows(tx,
                "WHERE (connection, secret, scopes, resource) > (?, ?, ?, ?) "
                "ORDER BY connection, secret, scopes, resource LIMIT ?",
                {key.connection.text, key.secret.text, key.scopes, key.resource, limit});
}

}  // namespace jeton::vault::token_cache
