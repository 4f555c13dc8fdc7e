/// Proof that whoever asks holds a key of the store: an attested uid is not enough for what could take the keys away
/// (T43: a compromised front must not become an operator of keys).
#pragma once

#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/guesses.hpp"
#include "daemon/vault/services/unlocking.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// What trying a typed secret takes beside the slots.
struct Unlocking {
    Guesses& guesses;
    const Stretched& stretched;  ///< for this request so far
    const StretchCost& least;    ///< no cheaper passphrase slot is believed
    const Clock& clock;
};

/// `typed` must be a passphrase or a recovery key that opens a slot of this store to its root key. Nothing to stretch:
/// it does. Else ask again once that is stretched. A slot of an older jeton is renewed by it.
/// Refuses: forbidden (none was typed, or a wrong one), wrong_state (no slot of these kinds is there),
/// temporarily_unavailable (after too many wrong ones).
[[nodiscard]] Result<StretchNeed> check_proof(Transaction& tx, const Peer& peer, std::string_view typed,
                                              const Unlocking& with);

/// Tries `typed` against `slots`, and counts it. Refuses `forbidden` where it opens none, the same whatever slots there
/// are (T16), and `temporarily_unavailable` after too many wrong ones.
[[nodiscard]] Result<UnlockAttempt> try_secret(const std::vector<KeySlot>& slots, std::string_view typed,
                                               const Unlocking& with);

/// Gives a slot that an older jeton made a public key, now that its secret is there. `entry` says by whom.
void renew_slot(Transaction& tx, const Unlocked& by, AuditEntry entry);

}  // namespace jeton::vault
