#include "daemon/vault/issuer/jwt.hpp"

#include <array>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <sodium.h>

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

}  // namespace jeton::vault
