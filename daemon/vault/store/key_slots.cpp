#include "daemon/vault/store/key_slots.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const KeySlot&);
template void Transaction::update(const KeySlot&);
template void Transaction::erase(const KeySlot&);

}  // namespace jeton::vault

namespace jeton::vault::key_slots {

std::vector<KeySlot> list(Transaction& tx) { return rows::all<KeySlot>(tx, "ORDER BY created_at, rowid"); }

}  // namespace jeton::vault::key_slots
