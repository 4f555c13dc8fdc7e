/// The public key of a JWK (RFC 7517), and signatures that it verifies (RFC 7518, RFC 8037). libcrypto is in here only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

struct evp_pkey_st;

namespace example {

/// May be used by several threads at once.
class Key {
public:
    /// Nothing where it is not for signatures, or not for one of EdDSA (Ed25519), RS256, ES256.
    [[nodiscard]] static std::optional<Key> read(const boost::json::object& jwk);

    /// Of the key, not of a token: who signs does not choose how it is checked.
    [[nodiscard]] const std::string& algorithm() const { return algorithm_; }
    [[nodiscard]] bool verifies(std::string_view signed_part, std::string_view signature) const;

private:
    std::string algorithm_;
    std::shared_ptr<evp_pkey_st> key_;
};

/// Strict: no padding, no other character (RFC 7515 §2).
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace example
