#include "daemon/vault/store/client_keys.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const ClientKey&);
template void Transaction::update(const ClientKey&);
template void Transaction::erase(const ClientKey&);

}  // namespace jeton::vault

namespace jeton::vault::client_keys {

std::vector<ClientKey> of(Transaction& tx, const ConnectionId& connection) {
    return rows::where<ClientKey>(tx, "WHERE connection = ? ORDER BY created_at, rowid", {connection.text});
}

std::vector<ClientKey> list(Transaction& tx) { return rows::all<ClientKey>(tx, "ORDER BY created_at, rowid"); }

std::int64_t count_ending(Transaction& tx, UtcSeconds after, UtcSeconds last) {
    return tx.engine().database->number(
        "SELECT count(*) FROM client_keys WHERE expires_at > ? AND expires_at <= ?",
        {std::int64_t{after.time_since_epoch().count()}, std::int64_t{last.time_since_epoch().count()}});
}

}  // namespace jeton::vault::client_keys
