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

namespace {

/// What is the peer's: its user's, each of its groups', its unit's. Of no user are many more, which are somebody
/// else's:
/// `+` keeps the index of users from being taken for them.
template <class Look>
void for_each_way(const Peer& peer, const Look& look) {
    look("WHERE uid = ?", Value{peer.uid});
    for (const auto& group : peer.groups) look("WHERE gid = ? AND +uid = -1", Value{group.gid});
    if (!peer.unit.empty()) look("WHERE gid IS NULL AND unit = ? AND +uid = -1", Value{peer.unit});
}

}  // namespace

std::vector<Binding> defaults_for(Transaction& tx, const Peer& peer) {
    std::vector<Binding> found;
    for_each_way(peer, [&](std::string_view condition, const Value& value) {
        for (auto& one : rows::where<Binding>(tx, std::string{condition} + " AND is_default = 1", {value}))
            found.push_back(std::move(one));
    });
    return found;
}

std::optional<Binding> first_for(Transaction& tx, const Peer& peer, const std::function<bool(const Binding&)>& holds) {
    std::optional<Binding> found;
    for_each_way(peer, [&](std::string_view condition, const Value& value) {
        if (!found) found = rows::first_that<Binding>(tx, condition, {value}, holds);
    });
    return found;
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
