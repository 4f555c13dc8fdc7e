#include "daemon/vault/store/tickets.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Ticket&);
template void Transaction::update(const Ticket&);
template void Transaction::erase(const Ticket&);

}  // namespace jeton::vault

namespace jeton::vault::tickets {

std::optional<Ticket> get(Transaction& tx, const TicketId& id) { return rows::by_id<Ticket>(tx, id.text); }

std::vector<Ticket> of_connection(Transaction& tx, const ConnectionId& connection) {
    return rows::where<Ticket>(tx, "WHERE connection = ? ORDER BY created_at, rowid", {connection.text});
}

std::vector<Ticket> list(Transaction& tx) { return rows::all<Ticket>(tx, "ORDER BY created_at, rowid"); }

std::vector<Ticket> open_of_uid(Transaction& tx, std::int64_t uid) {
    return rows::where<Ticket>(tx, "WHERE uid = ? AND state = 'open' ORDER BY created_at, rowid", {uid});
}

std::vector<std::int64_t> open_users(Transaction& tx) {
    return rows::distinct(tx, "SELECT min(uid) FROM tickets WHERE state = 'open' AND uid > ?");
}

std::vector<Ticket> newest(Transaction& tx, std::int64_t limit) {
    return rows::where<Ticket>(tx, "ORDER BY created_at DESC, rowid DESC LIMIT ?", {limit});
}

std::vector<Ticket> after(Transaction& tx, std::string_view id, std::int64_t limit) {
    return rows::where<Ticket>(tx, "WHERE id > ? ORDER BY id LIMIT ?", {std::string{id}, limit});
}

}  // namespace jeton::vault::tickets
