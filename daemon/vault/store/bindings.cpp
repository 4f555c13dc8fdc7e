#include "daemon/vault/store/bindings.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Binding&);
template void Transaction::update(const Binding&);
template void Transaction::erase(const Binding&);

}  // namespace jeton::vault

namespace jeton::vault::bindings {

std::optional<Binding> get(Transaction& tx, const BindingId& id) { return rows::by_id<Binding>(tx, id.text); }

std::vector<Binding> beginning_with(Transaction& tx, std::string_view id) {
    const std::string first{id};
    return rows::where<Binding>(tx, "WHERE id >= ? AND id < ? LIMIT 2", {first, first + "g"});
}

std::vector<Binding> candidates(Transaction& tx, std::int64_t uid) {
    return rows::where<Binding>(tx, "WHERE uid = ? OR uid = -1 ORDER BY created_at, rowid", {uid});
}

std::vector<Binding> default_candidates(Transaction& tx, std::int64_t uid) {
    return rows::where<Binding>(tx, "WHERE uid IN (?, -1) AND is_default = 1 ORDER BY created_at, rowid", {uid});
}

std::optional<Binding> first_candidate(Transaction& tx, const Peer& peer,
                                       const std::function<bool(const Binding&)>& holds) {
    if (auto own = rows::first_that<Binding>(tx, "WHERE uid = ?", {peer.uid}, holds)) return own;
    for (const auto& group : peer.groups) {
        auto found = rows::first_that<Binding>(tx, "WHERE gid = ? AND uid = -1", {group.gid}, holds);
        if (found) return found;
    }
    if (peer.unit.empty()) return std::nullopt;
    return rows::first_that<Binding>(tx, "WHERE gid IS NULL AND unit = ? AND uid = -1", {peer.unit}, holds);
}

std::vector<Binding> introspectors(Transaction& tx, const EnvironmentId& environment) {
    return rows::where<Binding>(
        tx, "WHERE environment = ? AND kind IS NOT NULL AND kind = 'introspection' ORDER BY created_at, rowid",
        {environment.text});
}

std::vector<Binding> of_connection(Transaction& tx, const ConnectionId& connection) {
    return rows::where<Binding>(tx, "WHERE connection = ? ORDER BY created_at, rowid", {connection.text});
}

std::vector<Binding> of_pattern(Transaction& tx, const AppId& app, const EnvironmentId& environment) {
    return rows::where<Binding>(tx, "WHERE environment = ? AND app = ? AND kind = 'pattern' ORDER BY created_at, rowid",
                                {environment.text, app.text});
}

std::vector<Binding> of_app(Transaction& tx, const AppId& app) {
    return rows::where<Binding>(tx, "WHERE kind IS NOT NULL AND app = ? ORDER BY created_at, rowid", {app.text});
}

std::vector<Binding> of_environment(Transaction& tx, const EnvironmentId& environment) {
    return rows::where<Binding>(tx, "WHERE environment = ? ORDER BY created_at, rowid", {environment.text});
}

std::vector<Binding> list(Transaction& tx) { return rows::all<Binding>(tx, "ORDER BY created_at, rowid"); }

std::vector<Binding> of_no_connection(Transaction& tx) {
    return rows::where<Binding>(tx, "WHERE kind IS NOT NULL", {});
}

std::vector<Binding> of_no_user(Transaction& tx) { return rows::where<Binding>(tx, "WHERE uid = -1", {}); }

std::vector<std::int64_t> users(Transaction& tx) {
    return rows::distinct(tx, "SELECT min(uid) FROM bindings WHERE uid > ?");
}

std::vector<std::int64_t> container_users(Transaction& tx) {
    return rows::distinct(tx, "SELECT min(uid) FROM bindings WHERE allow_container = 1 AND uid > ?");
}

std::size_t count(Transaction& tx) { return tx.engine().authority.rows(info_of<Binding>()); }

bool any_for_group(Transaction& tx) { return !rows::where<Binding>(tx, "WHERE gid IS NOT NULL LIMIT 1", {}).empty(); }

bool any_for_unit(Transaction& tx) { return !rows::where<Binding>(tx, "WHERE unit IS NOT NULL LIMIT 1", {}).empty(); }

std::int64_t count_ending(Transaction& tx, UtcSeconds after, UtcSeconds last) {
    return tx.engine().database->number(
        "SELECT count(*) FROM bindings WHERE expires_at > ? AND expires_at <= ?",
        {std::int64_t{after.time_since_epoch().count()}, std::int64_t{last.time_since_epoch().count()}});
}

}  // namespace jeton::vault::bindings
