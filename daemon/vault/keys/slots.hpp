/// Key slots: the root key, sealed to the public key of each way to open the store (docs/database.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/keys/tampered.hpp"

namespace jeton::vault {

inline constexpr std::size_t slot_secret_min = 16;  ///< bytes

/// What opens a slot: the content of a key file or credential, the decoded recovery key, or what a passphrase was
/// stretched to (keys/stretching). Random or stretched, never what a person chose.
struct SlotSecret {
    SecretBytes bytes;
    [[nodiscard]] SlotSecret copy() const { return {bytes.copy()}; }
};

/// A slot with identity and salt of its own, to which nothing is sealed yet.
[[nodiscard]] KeySlot draft_slot(KeySlotKind kind, std::string label, UtcSeconds now);

/// `draft` with `root` sealed to it. Key pair and authenticator key are derived from `secret`; all that stands in the
/// row but `created_at` is bound together. No second secret can open the same bytes to another root key. Throws
/// std::invalid_argument for a secret below `slot_secret_min`.
[[nodiscard]] KeySlot make_slot(const RootKey& root, KeySlot draft, const SlotSecret& secret);
/// The same from a draft of its own; not for passphrases, whose secret depends on the draft's salt.
[[nodiscard]] KeySlot make_slot(const RootKey& root, KeySlotKind kind, std::string label, const SlotSecret& secret,
                                UtcSeconds now);

/// Nothing where `secret` does not open this slot, or the slot was altered. Opens slots of schema 2, too.
[[nodiscard]] std::optional<RootKey> open_slot(const KeySlot& slot, const SlotSecret& secret);

/// `slot` with `new_root` in the place of `old_root`, without its secret. Nothing for a slot of an older jeton, which
/// has no public key: it must be opened with its secret first, and is renewed by that. Throws Tampered where
/// `old_root` is not the root key that stands in it, or the slot was altered.
[[nodiscard]] std::optional<KeySlot> rewrapped(const KeySlot& slot, const RootKey& old_root, const RootKey& new_root);

}  // namespace jeton::vault
