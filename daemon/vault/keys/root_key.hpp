/// The key that opens everything: 32 random bytes, used only through subkeys with one purpose each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon/base/encoding.hpp"
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
///
/// The root key of a store can be replaced by its *successor*. That one has bytes and subkeys of its own, but inherits
/// what stands in every row, in the audit and in the anchor: the subkeys row_mac, audit_chain and anchor. What it
/// inherits is not to be had from its bytes: it is kept, sealed, in the state row (docs/decisions/0021).
class RootKey {
public:
    [[nodiscard]] static RootKey generate();
    /// Takes exactly `key_size` bytes; throws std::invalid_argument for any other size.
    explicit RootKey(SecretBytes bytes);

    [[nodiscard]] RootKey copy() const;
    /// Random, but for what it inherits.
    [[nodiscard]] RootKey successor() const;
    /// What it inherits, sealed under itself (137 bytes); empty where it inherits nothing.
    [[nodiscard]] const Bytes& sealed_inheritance() const { return sealed_inheritance_; }
    /// Takes over what `sealed_inheritance` gave for the same bytes; false, and nothing is changed, for anything else.
    [[nodiscard]] bool inherit(std::span<const unsigned char> sealed);
    /// The key itself, for wrapping it into a slot.
    [[nodiscard]] std::span<const unsigned char> reveal() const { return bytes_.span(); }
    /// 32 bytes, derived once when the key is made.
    [[nodiscard]] std::span<const unsigned char> subkey(RootPurpose purpose) const;

private:
    SecretBytes bytes_;
    std::array<SecretBytes, 10> subkeys_;
    Bytes sealed_inheritance_;
};

}  // namespace jeton::vault
