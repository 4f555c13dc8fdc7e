/// The key that opens everything: 32 random bytes, used only through subkeys with one purpose each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon/base/secret.hpp"

namespace jeton::vault {

inline constexpr std::size_t key_size = 32;  ///< bytes of every symmetric key here

/// What a subkey of the root key is for. The number is the subkey id of `crypto_kdf` (context "jetonrk1") and never
/// changes.
enum class RootPurpose : std::uint8_t {
    row_mac = 1,
    set_hash,
    audit_chain,
    anchor,
    state_seal,
    environment_wrap,
    audit_signature,
    inheritance_seal,    ///< the integrity keys of the root key before this one
    slot_authenticator,  ///< what the key slots are authenticated with
    backup
};

/// Owns its bytes in locked memory; movable, copied only on purpose. Thread-safe to read.
class RootKey {
public:
    [[nodiscard]] static RootKey generate();
    /// Takes exactly `key_size` bytes; throws std::invalid_argument for any other size.
    explicit RootKey(SecretBytes bytes);

    [[nodiscard]] RootKey copy() const { return RootKey{bytes_.copy()}; }
    /// The key itself, for wrapping it into a slot.
    [[nodiscard]] std::span<const unsigned char> reveal() const { return bytes_.span(); }
    /// 32 bytes, derived once when the key is made.
    [[nodiscard]] std::span<const unsigned char> subkey(RootPurpose purpose) const;

private:
    SecretBytes bytes_;
    std::array<SecretBytes, 10> subkeys_;
};

}  // namespace jeton::vault
