#include "daemon/vault/store/bindings.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Binding&);
template void Transaction::update(const Binding&);
template void Transaction::erase(const Binding&);

}  // namespace jeton::vault

namespace jeton::vault::bindings {

std::vector<Binding> of_uid(Transaction& tx, std::int64_t uid) {
    return rows::where<Binding>(tx, "WHERE uid = ? ORDER BY created_at, rowid", {uid});
}

std::vector<Binding> of_connection(Transaction& tx, const ConnectionId& connection) {
    return rows::where<Binding>(tx, "WHERE connection = ? ORDER BY created_at, rowid", {connection.text});
}

std::vector<Binding> list(Transaction& tx) { return rows::all<Binding>(tx, "ORDER BY created_at, rowid"); }

}  // namespace jeton::vault::bindings
