/// One way to open the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

enum class KeySlotKind { key_file, recovery };

[[nodiscard]] std::string_view name_of(KeySlotKind kind);
[[nodiscard]] std::optional<KeySlotKind> key_slot_kind(std::string_view name);

struct KeySlot {
    KeySlotId id;
    KeySlotKind kind = KeySlotKind::key_file;
    std::string label;  ///< for people: the path of a key file, "recovery key"
    Bytes salt;         ///< 32 bytes
    Bytes wrapped;      ///< the root key under the slot's key, with a commitment to that key
    UtcSeconds created_at{};
};

}  // namespace jeton::vault
