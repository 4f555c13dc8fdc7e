#include "daemon/vault/store/scopes.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const OwnScope&);
template void Transaction::update(const OwnScope&);
template void Transaction::erase(const OwnScope&);

}  // namespace jeton::vault

namespace jeton::vault::scopes {

std::vector<OwnScope> list(Transaction& tx) { return rows::all<OwnScope>(tx, "ORDER BY name"); }

}  // namespace jeton::vault::scopes
