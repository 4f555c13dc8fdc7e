/// A new root key, and with it new data keys: what somebody knows who once could open the store is of no use for what
/// is written from then on (docs/decisions/0021).
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/issuer/key_pair.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct ReplacedRoot {
    std::int64_t slots = 0;         ///< that open the new one
    std::int64_t environments = 0;  ///< whose data keys are rotated, now or when their last rotation has ended
    std::string audit_public_key;   ///< hexadecimal; of the key that signs audit heads from here on
};

/// Replaces the root key in this transaction: wraps it for every key slot that there is and every data key under it,
/// and rotates the data keys, whose values move in slices (services/key_rotation), and the signing keys of local
/// environments (services/signing): whoever had the old root key may know them all. The caller has erased a slot that
/// shall not open the new one, and writes the audit entry. Refuses: wrong_state, naming a slot of an older jeton, for
/// which it cannot be wrapped; then nothing holds. Throws Tampered, StoreFault.
[[nodiscard]] Result<ReplacedRoot> replace_root_key(Transaction& tx, UtcSeconds now, KeyPairs pairs = {});

/// The same, for its own sake, with its audit entry.
[[nodiscard]] Result<ReplacedRoot> rotate_root_key(Transaction& tx, const Peer& peer, UtcSeconds now,
                                                   KeyPairs pairs = {});

/// For the audit entry of a change that replaced the root key.
[[nodiscard]] std::string described(const ReplacedRoot& replaced);

}  // namespace jeton::vault
