/// Data keys: one per environment, and what is sealed under them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/keys/tampered.hpp"

namespace jeton::vault {

/// Where a sealed value stands: the associated data of its seal. Moved to any other place it does not open.
struct SealedPlace {
    std::string_view table;
    std::string_view id;           ///< of the row
    std::string_view environment;  ///< id of the environment
    std::int64_t generation = 1;   ///< of the environment's data key
};

/// Owns its bytes in locked memory; movable. Thread-safe to read.
class DataKey {
public:
    [[nodiscard]] static DataKey generate();
    /// Takes exactly `key_size` bytes; throws std::invalid_argument for any other size.
    explicit DataKey(SecretBytes bytes);

    /// The key itself, for wrapping it.
    [[nodiscard]] std::span<const unsigned char> reveal() const { return bytes_.span(); }
    [[nodiscard]] std::span<const unsigned char> value_key() const { return value_key_.span(); }
    [[nodiscard]] std::span<const unsigned char> verifier_key() const { return verifier_key_.span(); }

private:
    SecretBytes bytes_;
    SecretBytes value_key_;     ///< `crypto_kdf` context "jetondk1", id 1
    SecretBytes verifier_key_;  ///< the same, id 2
};

/// `key` under the root key, bound to the environment and the generation. 73 bytes.
[[nodiscard]] Bytes wrap_data_key(const RootKey& root, const DataKey& key, std::string_view environment_id,
                                  std::int64_t generation);
/// Nothing where it was made for another environment, generation or root key, or was altered.
[[nodiscard]] std::optional<DataKey> unwrap_data_key(const RootKey& root, std::span<const unsigned char> wrapped,
                                                     std::string_view environment_id, std::int64_t generation);

/// XChaCha20-Poly1305 with a random nonce; 41 bytes longer than `plain`.
[[nodiscard]] Bytes seal(const DataKey& key, const SealedPlace& place, std::span<const unsigned char> plain);
/// Throws Tampered, naming table and id, where the value was altered, moved or sealed under another key.
[[nodiscard]] SecretBytes open(const DataKey& key, const SealedPlace& place, std::span<const unsigned char> sealed);

/// What recognises a local secret and never gives it back: a fresh key `k` and BLAKE2b-256(k, secret), sealed together.
/// The seal can be renewed under a new data key without the secret.
[[nodiscard]] Bytes make_verifier(const DataKey& key, const SealedPlace& place, std::string_view secret);
/// Compares in constant time. Throws Tampered like `open`.
[[nodiscard]] bool check_verifier(const DataKey& key, const SealedPlace& place, std::span<const unsigned char> sealed,
                                  std::string_view secret);

/// A data key and the place of a value that is sealed under it.
struct SealedUnder {
    const DataKey& key;
    SealedPlace place;
};
/// What `sealed` holds, sealed anew: with `seal`, or as a verifier. Throws Tampered like `open`.
[[nodiscard]] Bytes reseal(const SealedUnder& from, const SealedUnder& to, std::span<const unsigned char> sealed);
[[nodiscard]] Bytes reseal_verifier(const SealedUnder& from, const SealedUnder& to,
                                    std::span<const unsigned char> sealed);

}  // namespace jeton::vault
