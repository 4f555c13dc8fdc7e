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

}  // namespace jeton::vault::client_keys
