#include "daemon/vault/store/signing_keys.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const SigningKey&);
template void Transaction::update(const SigningKey&);
template void Transaction::erase(const SigningKey&);

}  // namespace jeton::vault

namespace jeton::vault::signing_keys {

std::vector<SigningKey> of(Transaction& tx, const EnvironmentId& environment) {
    return rows::where<SigningKey>(tx, "WHERE environment = ? ORDER BY created_at DESC, rowid DESC",
                                   {environment.text});
}

std::vector<SigningKey> ended(Transaction& tx, UtcSeconds at) {
    return rows::where<SigningKey>(tx, "WHERE published_until <= ?", {std::int64_t{at.time_since_epoch().count()}});
}

std::vector<SigningKey> after(Transaction& tx, std::string_view id, std::int64_t limit) {
    return rows::where<SigningKey>(tx, "WHERE id > ? ORDER BY id LIMIT ?", {std::string{id}, limit});
}

}  // namespace jeton::vault::signing_keys
