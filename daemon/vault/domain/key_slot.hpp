/// One way to open the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

enum class KeySlotKind { passphrase, key_file, systemd_credential, recovery };

[[nodiscard]] std::string_view name_of(KeySlotKind kind);
[[nodiscard]] std::optional<KeySlotKind> key_slot_kind(std::string_view name);

inline constexpr std::size_t key_slots_max = 8;  ///< of one store

struct KeySlot {
    KeySlotId id;
    KeySlotKind kind = KeySlotKind::key_file;
    std::string label;  ///< for people: the path of a key file, "recovery key"; one of its own for each slot
    Bytes salt;         ///< 32 bytes
    Bytes wrapped;      ///< the root key, sealed to `public_key`; 105 bytes
    UtcSeconds created_at{};
    Bytes public_key;         ///< X25519, 32 bytes; empty: made by an older jeton, and wrapped under the slot's own key
    Bytes authenticator;      ///< 32 bytes over all of the above but `created_at`
    Bytes authenticator_key;  ///< what `authenticator` was made with, under the root key; 73 bytes
    std::int64_t passes = 0;  ///< of Argon2id; 0 where no passphrase opens it
    std::int64_t memory = 0;  ///< of Argon2id, KiB; 0 where no passphrase opens it

    /// A person can carry what opens it to another host, and can type it as a proof.
    [[nodiscard]] bool is_portable() const { return kind == KeySlotKind::passphrase || kind == KeySlotKind::recovery; }
    [[nodiscard]] bool has_public_key() const { return !public_key.empty(); }
};

}  // namespace jeton::vault
