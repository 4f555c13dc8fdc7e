#include "daemon/vault/store/revoked_tokens.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const RevokedToken&);
template void Transaction::update(const RevokedToken&);
template void Transaction::erase(const RevokedToken&);

}  // namespace jeton::vault

namespace jeton::vault::revoked_tokens {

std::optional<RevokedToken> get(Transaction& tx, const RevokedTokenId& id) {
    return rows::by_id<RevokedToken>(tx, id.text);
}

std::vector<RevokedToken> of_connection(Transaction& tx, const ConnectionId& connection) {
    return rows::where<RevokedToken>(tx, "WHERE connection = ?", {connection.text});
}

std::int64_t count(Transaction& tx, const ConnectionId& connection) {
    return tx.engine().database->number("SELECT count(*) FROM revoked_tokens WHERE connection = ?", {connection.text});
}

std::vector<RevokedToken> expired(Transaction& tx, UtcSeconds at, std::int64_t limit) {
    return rows::where<RevokedToken>(tx, "WHERE expires_at <= ? ORDER BY expires_at LIMIT ?",
                                     {std::int64_t{at.time_since_epoch().count()}, limit});
}

}  // namespace jeton::vault::revoked_tokens
