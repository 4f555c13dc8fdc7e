#include "daemon/vault/issuer/jwt.hpp"

#include <array>

#include <boost/json/serialize.hpp>
#include <sodium.h>

#include "libclient/protocol/json.hpp"

namespace jeton::vault {

Ed25519KeyPair generate_ed25519() {
    Ed25519KeyPair pair{SecretBytes{crypto_sign_SECRETKEYBYTES}, Bytes(crypto_sign_PUBLICKEYBYTES)};
    crypto_sign_keypair(pair.public_key.data(), pair.private_key.data());
    return pair;
}

std::string sign_jwt(const boost::json::object& header, const boost::json::object& claims,
                     const SecretBytes& private_key) {
    auto token = base64url(boost::json::serialize(header)) + "." + base64url(boost::json::serialize(claims));
    std::array<unsigned char, crypto_sign_BYTES> signature{};
    crypto_sign_detached(signature.data(), nullptr, bytes_of(token).data(), token.size(), private_key.data());
    return token + "." + base64url(signature);
}

std::optional<ParsedJwt> parse_jwt(std::string_view token) {
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == std::string_view::npos || first == last) return std::nullopt;
    const auto header = from_base64url(token.substr(0, first));
    const auto claims = from_base64url(token.substr(first + 1, last - first - 1));
    auto signature = from_base64url(token.substr(last + 1));
    if (!header || !claims || !signature) return std::nullopt;
    auto parsed_header = protocol::parse_strict(text_of(*header));
    auto parsed_claims = protocol::parse_strict(text_of(*claims));
    if (!parsed_header || !parsed_claims || !parsed_header->is_object() || !parsed_claims->is_object()) {
        return std::nullopt;
    }
    return ParsedJwt{parsed_header->get_object(), parsed_claims->get_object(), token.substr(0, last),
                     *std::move(signature)};
}

}  // namespace jeton::vault
