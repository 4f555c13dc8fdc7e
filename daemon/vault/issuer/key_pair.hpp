/// Key pairs that tokens are signed with. Private keys are in locked memory between calls.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/issuer/public_key.hpp"

namespace jeton::vault {

/// Of the RSA keys that we make. What they sign lives for 15 minutes, and one command replaces them (decision 0028).
inline constexpr int rsa_signing_bits = 2048;

struct KeyPair {
    PublicKey public_key;
    /// EdDSA: 64 bytes, seed and public key, as libsodium keeps it. ES256: the scalar, 32 bytes. RS256: the eight
    /// numbers of RFC 8017 A.1.2 from the modulus on, each behind its length in two bytes: read back in 10 µs, PKCS#8
    /// in 700.
    SecretBytes private_key;
};

/// EdDSA and ES256 in less than 0.1 ms; RS256 takes 0.4 s, and a second at times: beside the loop (`KeyPairs`).
/// Thread-safe.
[[nodiscard]] KeyPair generate_key_pair(SigningAlgorithm algorithm);

/// The signature as it stands in a JWS: of ES256 `r || s`, 64 bytes (RFC 7518 §3.4). `private_key` is of a pair of this
/// algorithm. While it signs, libcrypto holds copies of the private numbers, and wipes them as it frees them. Throws
/// std::runtime_error where the key is none. Thread-safe.
[[nodiscard]] Bytes sign(SigningAlgorithm algorithm, const SecretBytes& private_key, std::string_view signed_part);

/// New pairs for one request: those that take long were made before it ran.
class KeyPairs {
public:
    /// How many RS256 pairs are there.
    [[nodiscard]] std::size_t ready() const { return rs256_.size(); }
    void add(KeyPair rs256) { rs256_.push_back(std::move(rs256)); }
    void add(KeyPairs more);
    /// A pair that nobody else gets; made on the spot where none is there.
    [[nodiscard]] KeyPair take(SigningAlgorithm algorithm);

private:
    std::vector<KeyPair> rs256_;
};

}  // namespace jeton::vault
