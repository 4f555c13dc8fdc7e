/// Public keys that signatures are checked with: our own signing keys, and those that clients register (RFC 7517).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "daemon/base/encoding.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/signing_algorithm.hpp"

namespace jeton::vault {

/// An RSA key of less is refused (RFC 7518 §3.3), and so is one of more: its checks would cost others their time.
inline constexpr int rsa_bits_min = 2048;
inline constexpr int rsa_bits_max = 4096;

/// One key, for one algorithm: a signature in any other form is none of its (RFC 8725 §3.1). A plain value.
struct PublicKey {
    SigningAlgorithm algorithm = SigningAlgorithm::eddsa;
    Bytes encoded;  ///< EdDSA: the 32 bytes of RFC 8032; else a SubjectPublicKeyInfo in DER, of one form for one key

    bool operator==(const PublicKey&) const = default;
};

/// `alg` of a JWS or a JWK means this algorithm. RFC 9864 gave EdDSA with Ed25519 a name of its own, `Ed25519`: clients
/// send either.
[[nodiscard]] bool is_name_of(std::string_view alg, SigningAlgorithm algorithm);

/// RFC 7638 thumbprint, base64url of SHA-256: 43 characters. Our `kid` (vector: RFC 8037 A.3). `key` is one that
/// `read_public_key` or `make_signing_key` made; throws std::runtime_error for any other.
[[nodiscard]] std::string thumbprint(const PublicKey& key);

/// RFC 7517 members: `kty`, those of the type (RFC 7518 §6, RFC 8037 §2), `use`, `alg`, `kid`. Never a private one.
/// Throws as `thumbprint` does.
[[nodiscard]] boost::json::object jwk_of(const PublicKey& key);

/// One public key from a person: PEM (`BEGIN PUBLIC KEY`, `BEGIN RSA PUBLIC KEY`) or a JWK. Its algorithm follows from
/// its type; a JWK's `alg`, `use` and `key_ops` must agree. Refuses with bad_input, what and next: a private key, a
/// certificate, a set of keys, RSA of fewer than 2048 or more than 4096 bits, another curve, a point off the curve.
[[nodiscard]] Result<PublicKey> read_public_key(std::string_view pem_or_jwk);

/// `signature` over `signed_part` is the key's. That of ES256 is `r || s`, 64 bytes (RFC 7518 §3.4). False for a key
/// that is none. Thread-safe.
[[nodiscard]] bool verifies(const PublicKey& key, std::string_view signed_part,
                            std::span<const unsigned char> signature);

}  // namespace jeton::vault
