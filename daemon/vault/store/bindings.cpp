#include "daemon/vault/store/bindings.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Binding&);
template void Transaction::update(const Binding&);
template void Transaction::erase(const Binding&);

}  // namespace jeton::vault

namespace jeton::vault::bindings {

std::optional<Binding> get(Transaction& tx, const BindingId& id) { return rows::by_id<Binding>(tx, id.text); }

std::vector<Binding> candidates(Transaction& tx, std::int64_t uid) {
    return rows::where<Binding>(tx, "WHERE uid = ? OR uid = -1 ORDER BY created_at, rowid", {uid});
}

std::vector<Binding> of_connection(Transaction& tx, const ConnectionId& connection) {
    return rows::where<Binding>(tx, "WHERE connection = ? ORDER BY created_at, rowid", {connection.text});
}

std::vector<Binding> of_pattern(Transaction& tx, const AppId& app, const EnvironmentId& environment) {
    return rows::where<Binding>(tx, "WHERE environment = ? AND app = ? AND kind = 'pattern' ORDER BY created_at, rowid",
                                {environment.text, app.text});
}

std::vector<Binding> of_app(Transaction& tx, const AppId& app) {
    return rows::where<Binding>(tx, "WHERE app = ? ORDER BY created_at, rowid", {app.text});
}

std::vector<Binding> of_environment(Transaction& tx, const EnvironmentId& environment) {
    return rows::where<Binding>(tx, "WHERE environment = ? ORDER BY created_at, rowid", {environment.text});
}

std::vector<Binding> list(Transaction& tx) { return rows::all<Binding>(tx, "ORDER BY created_at, rowid"); }

bool any_for_group(Transaction& tx) { return !rows::where<Binding>(tx, "WHERE gid IS NOT NULL LIMIT 1", {}).empty(); }

bool any_for_unit(Transaction& tx) { return !rows::where<Binding>(tx, "WHERE unit IS NOT NULL LIMIT 1", {}).empty(); }

}  // namespace jeton::vault::bindings
