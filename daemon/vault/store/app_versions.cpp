#include "daemon/vault/store/app_versions.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const AppVersion&);
template void Transaction::update(const AppVersion&);
template void Transaction::erase(const AppVersion&);

}  // namespace jeton::vault

namespace jeton::vault::app_versions {

std::vector<AppVersion> of(Transaction& tx, const AppId& app) {
    return rows::where<AppVersion>(tx, "WHERE app = ? ORDER BY number DESC", {app.text});
}

std::optional<AppVersion> find(Transaction& tx, const AppId& app, std::int64_t number) {
    return rows::first<AppVersion>(tx, "WHERE app = ? AND number = ?", {app.text, number});
}

}  // namespace jeton::vault::app_versions
