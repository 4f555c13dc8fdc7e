/// JSON Web Signatures in compact form, Ed25519 (RFC 7515, RFC 8037).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"

namespace jeton::vault {

/// A fresh key pair. `private_key` has 64 bytes (seed and public key, as libsodium keeps it), `public_key` 32.
struct Ed25519KeyPair {
    SecretBytes private_key;
    Bytes public_key;
};
[[nodiscard]] Ed25519KeyPair generate_ed25519();

/// `base64url(header).base64url(claims).base64url(signature)`.
[[nodiscard]] std::string sign_jwt(const boost::json::object& header, const boost::json::object& claims,
                                   const SecretBytes& private_key);

/// A JWS taken apart, its signature not looked at yet. Nothing where `token` is none.
struct ParsedJwt {
    boost::json::object header;
    boost::json::object claims;
    std::string_view signed_part;  ///< of the token
    Bytes signature;
};
[[nodiscard]] std::optional<ParsedJwt> parse_jwt(std::string_view token);
}  // namespace jeton::vault
