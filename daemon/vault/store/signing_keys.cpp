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

}  // namespace jeton::vault::signing_keys
