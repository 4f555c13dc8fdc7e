/// Key slots: the root key wrapped under the content of a key file or under the recovery key.
#pragma once

#include <optional>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/keys/root_key.hpp"

namespace jeton::vault {

inline constexpr std::size_t slot_secret_min = 16;  ///< bytes; what opens a slot is random, never a passphrase

/// The content of a key file, or the decoded recovery key.
struct SlotSecret {
    SecretBytes bytes;
};

/// Wraps `root` under `secret` with a fresh salt. Identity, kind and label of the slot are bound to it, and the slot
/// commits to its key: no second secret can open the same bytes to another root key. Throws std::invalid_argument for a
/// secret below `slot_secret_min`.
[[nodiscard]] KeySlot make_slot(const RootKey& root, KeySlotKind kind, std::string label, const SlotSecret& secret,
                                UtcSeconds now);

/// Nothing where `secret` does not open this slot, or the slot was altered.
[[nodiscard]] std::optional<RootKey> open_slot(const KeySlot& slot, const SlotSecret& secret);

}  // namespace jeton::vault
