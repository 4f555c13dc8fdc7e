/// Argon2id (RFC 9106): from what a person can remember to a key, so slowly and with so much memory that guessing is
/// dear.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "daemon/vault/keys/slots.hpp"

namespace jeton::vault {

/// One lane.
struct StretchCost {
    std::int64_t passes = 0;
    std::int64_t memory = 0;  ///< KiB
    bool operator==(const StretchCost&) const = default;
};

/// What new slots get, and the least that is believed: 256 MiB, about 0.6 s.
inline constexpr StretchCost stretch_cost{3, 256LL * 1024};
/// The most that is read from a database, which is not trusted: it must not ask for all memory there is, or for hours.
inline constexpr StretchCost stretch_cost_max{12, 1024LL * 1024};

/// `cost` lies between `least` and `stretch_cost_max`, in both numbers.
[[nodiscard]] bool is_acceptable(const StretchCost& cost, const StretchCost& least = stretch_cost);

[[nodiscard]] inline StretchCost cost_of(const KeySlot& slot) { return {slot.passes, slot.memory}; }

/// 32 bytes. `salt` is the slot's, 32 bytes: its first 16 are the salt of Argon2id. Takes its time, and `cost.memory`
/// of ordinary memory, which cannot be locked (a process may lock 8 MiB) and goes back to the kernel. Thread-safe.
/// Throws std::bad_alloc where the memory is not to be had, std::invalid_argument for a cost or salt that is none.
[[nodiscard]] SlotSecret stretch(std::string_view passphrase, std::span<const unsigned char> salt,
                                 const StretchCost& cost);

}  // namespace jeton::vault
