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

}  // namespace jeton::vault::secrets
