#include "daemon/vault/store/apps.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const App&);
template void Transaction::update(const App&);
template void Transaction::erase(const App&);

}  // namespace jeton::vault

namespace jeton::vault::apps {

std::optional<App> find(Transaction& tx, std::string_view name) {
    return rows::first<App>(tx, "WHERE name = ?", {std::string{name}});
}

std::optional<App> get(Transaction& tx, const AppId& id) { return rows::by_id<App>(tx, id.text); }

std::vector<App> list(Transaction& tx) { return rows::all<App>(tx, "ORDER BY name"); }

}  // namespace jeton::vault::apps
