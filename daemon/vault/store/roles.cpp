#include "daemon/vault/store/roles.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const RoleGrant&);
template void Transaction::update(const RoleGrant&);
template void Transaction::erase(const RoleGrant&);

}  // namespace jeton::vault

namespace jeton::vault::roles {

std::vector<RoleGrant> candidates(Transaction& tx, std::int64_t uid) {
    return rows::where<RoleGrant>(tx, "WHERE uid = ? OR uid = -1 ORDER BY created_at, rowid", {uid});
}

std::vector<RoleGrant> of_app(Transaction& tx, const AppId& app) {
    return rows::where<RoleGrant>(tx, "WHERE app = ? ORDER BY created_at, rowid", {app.text});
}

std::vector<RoleGrant> list(Transaction& tx) { return rows::all<RoleGrant>(tx, "ORDER BY created_at, rowid"); }

}  // namespace jeton::vault::roles
