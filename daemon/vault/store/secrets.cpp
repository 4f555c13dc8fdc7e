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

}  // namespace jeton::vault::secrets
