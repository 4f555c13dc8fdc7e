/// The recovery key: shown once, written down by a person, typed in again.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "daemon/base/secret.hpp"
#include "daemon/vault/keys/slots.hpp"

namespace jeton::vault {

inline constexpr std::size_t recovery_key_bits = 160;  ///< random ones; 20 more are a checksum

/// `jrk.` and six groups of six characters of Crockford's base 32: `jrk.k3v9q0-…`. 160 random bits.
[[nodiscard]] SecretText make_recovery_key();

/// What it opens a slot with. Tolerates blanks, dashes, upper case, a missing `jrk.`, `o` for 0 and `i`, `l` for 1.
/// Nothing where a character is missing or the checksum is wrong.
[[nodiscard]] std::optional<SlotSecret> parse_recovery_key(std::string_view text);

}  // namespace jeton::vault
