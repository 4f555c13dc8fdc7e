/// What signatures of JSON Web Tokens are made with: ours, and those of clients that prove who they are by a key.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace jeton::vault {

/// The names are those of the JOSE registry. `none` is not among them, nor any algorithm with a shared key.
enum class SigningAlgorithm {
    eddsa,  ///< "EdDSA" with Ed25519 (RFC 8037 §3.1)
    rs256,  ///< "RS256": RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3)
    es256,  ///< "ES256": ECDSA with P-256 and SHA-256 (RFC 7518 §3.4)
};

inline constexpr std::array signing_algorithms{SigningAlgorithm::eddsa, SigningAlgorithm::rs256,
                                               SigningAlgorithm::es256};

[[nodiscard]] std::string_view name_of(SigningAlgorithm algorithm);
/// Nothing where `name` is none of ours. Case matters (RFC 7515 §4.1.1).
[[nodiscard]] std::optional<SigningAlgorithm> signing_algorithm(std::string_view name);

}  // namespace jeton::vault
