#include "daemon/vault/issuer/jwt.hpp"

#include <array>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <sodium.h>

#include "libclient/protocol/json.hpp"

namespace jeton::vault {

Ed25519KeyPair generate_ed25519() {
    Ed25519KeyPair pair{SecretBytes{crypto_sign_SECRETKEYBYTES}, Bytes(crypto_sign_PUBLICKEYBYTES)};
    crypto_sign_keypair(pair.public_key.data(), pair.private_key.data());
    return pair;
}

std::string thumbprint(std::span<const unsigned char> public_key) {
    // RFC 7638 §3: the required members in lexicographic order, no white space.
    const auto members = fmt::format(R"({{"crv":"Ed25519","kty":"OKP","x":"{}"}})", base64url(public_key));
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), bytes_of(members).data(), members.size());
    return base64url(digest);
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

bool is_signed_by(const ParsedJwt& token, std::span<const unsigned char> public_key) {
    return token.signature.size() == crypto_sign_BYTES && public_key.size() == crypto_sign_PUBLICKEYBYTES &&
           crypto_sign_verify_detached(token.signature.data(), bytes_of(token.signed_part).data(),
                                       token.signed_part.size(), public_key.data()) == 0;
}

}  // namespace jeton::vault
