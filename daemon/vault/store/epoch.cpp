#include "daemon/vault/store/epoch.hpp"

#include "daemon/vault/store/engine.hpp"

namespace jeton::vault {

void begin_epoch(Transaction& tx) { tx.engine().raise_epoch_above(tx.epoch()); }

}  // namespace jeton::vault
