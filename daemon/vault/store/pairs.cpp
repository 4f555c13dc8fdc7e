#include "daemon/vault/store/pairs.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Pair&);
template void Transaction::update(const Pair&);
template void Transaction::erase(const Pair&);

}  // namespace jeton::vault

namespace jeton::vault::pairs {

std::optional<Pair> by_client_id(Transaction& tx, std::string_view client_id) {
    return rows::first<Pair>(tx, "WHERE client_id = ?", {std::string{client_id}});
}

std::vector<Pair> of_connection(Transaction& tx, const ConnectionId& connection) {
    return rows::where<Pair>(tx, "WHERE connection = ? ORDER BY created_at, rowid", {connection.text});
}

std::vector<Pair> by_prefix(Transaction& tx, std::string_view prefix) {
    return rows::where<Pair>(tx, "WHERE prefix = ? ORDER BY created_at, rowid", {std::string{prefix}});
}

std::vector<Pair> list(Transaction& tx) { return rows::all<Pair>(tx, "ORDER BY created_at, rowid"); }

std::vector<Pair> of_no_user(Transaction& tx) { return rows::where<Pair>(tx, "WHERE uid = -1 AND revoked = 0", {}); }

std::vector<std::int64_t> users(Transaction& tx) {
    return rows::distinct(tx, "SELECT min(uid) FROM pairs WHERE revoked = 0 AND uid > ?");
}

std::size_t count(Transaction& tx) { return tx.engine().authority.rows(info_of<Pair>()); }

bool any_for_group(Transaction& tx) {
    return !rows::where<Pair>(tx, "INDEXED BY pairs_identity WHERE gid >= 0 AND revoked = 0 LIMIT 1", {}).empty();
}

bool any_for_unit(Transaction& tx) {
    return !rows::where<Pair>(tx, "INDEXED BY pairs_identity WHERE unit <> '' AND revoked = 0 LIMIT 1", {}).empty();
}

std::vector<Pair> after(Transaction& tx, std::string_view id, std::int64_t limit) {
    return rows::where<Pair>(tx, "WHERE id > ? ORDER BY id LIMIT ?", {std::string{id}, limit});
}

std::int64_t count_ending(Transaction& tx, UtcSeconds after, UtcSeconds last) {
    return tx.engine().database->number(
        "SELECT count(*) FROM pairs WHERE expires_at > ? AND expires_at <= ? AND revoked = 0",
        {std::int64_t{after.time_since_epoch().count()}, std::int64_t{last.time_since_epoch().count()}});
}

}  // namespace jeton::vault::pairs
