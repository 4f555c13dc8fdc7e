/// JSON Web Signatures in compact form (RFC 7515).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/signing_algorithm.hpp"

namespace jeton::vault {

/// `base64url(header).base64url(claims).base64url(signature)`; `algorithm` stands in the header as `alg`.
[[nodiscard]] std::string sign_jwt(SigningAlgorithm algorithm, boost::json::object header,
                                   const boost::json::object& claims, const SecretBytes& private_key);

/// A JWS taken apart, its signature not looked at yet. Nothing where `token` is none.
struct ParsedJwt {
    boost::json::object header;
    boost::json::object claims;
    std::string_view signed_part;  ///< of the token
    Bytes signature;
};
[[nodiscard]] std::optional<ParsedJwt> parse_jwt(std::string_view token);
}  // namespace jeton::vault
