#include "daemon/vault/issuer/issuer.hpp"

#include <boost/json/array.hpp>

#include "daemon/vault/issuer/jwt.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::vault {
namespace {

SealedPlace place_of(const SigningKey& key, const Environment& environment) {
    return {"signing_keys", key.id.text, environment.id.text, environment.key_generation};
}

}  // namespace

SigningKey make_signing_key(const DataKey& data_key, const Environment& environment, UtcSeconds now) {
    auto pair = generate_ed25519();
    SigningKey key;
    key.id = SigningKeyId::fresh();
    key.environment = environment.id;
    key.kid = thumbprint(pair.public_key);
    key.sealed_private_key = seal(data_key, place_of(key, environment), pair.private_key.span());
    key.public_key = std::move(pair.public_key);
    key.created_at = now;
    return key;
}

std::string sign_access_token(const DataKey& data_key, const Environment& environment, const SigningKey& key,
                              const AccessTokenClaims& claims, UtcSeconds now) {
    const auto private_key = open(data_key, place_of(key, environment), key.sealed_private_key);
    const auto issued_at = now.time_since_epoch().count();
    return sign_jwt({{"typ", "at+jwt"}, {"alg", "EdDSA"}, {"kid", key.kid}},
                    {{"iss", environment.issuer},
                     {"sub", claims.client_id},
                     {"client_id", claims.client_id},
                     {"aud", claims.audience},
                     {"iat", issued_at},
                     {"exp", issued_at + local_token_life.count()},
                     {"jti", random_hex(16)},
                     {"scope", claims.scope},
                     {"tenant", claims.tenant},
                     {"app", claims.app}},
                    private_key);
}

boost::json::object key_set(const std::vector<SigningKey>& keys) {
    boost::json::array list;
    for (const auto& key : keys) {
        list.push_back({{"kty", "OKP"},
                        {"crv", "Ed25519"},
                        {"x", base64url(key.public_key)},
                        {"use", "sig"},
                        {"alg", "EdDSA"},
                        {"kid", key.kid}});
    }
    return {{"keys", std::move(list)}};
}

boost::json::object server_metadata(const Environment& environment) {
    const auto& issuer = environment.issuer;
    return {
        {"issuer", issuer},
        {"token_endpoint", issuer + "/token"},
        {"jwks_uri", issuer + "/jwks"},
        {"grant_types_supported", boost::json::array{"client_credentials"}},
        // REQUIRED by RFC 8414 §2, which also forbids empty arrays; there is no authorization endpoint to use it at.
        {"response_types_supported", boost::json::array{"none"}},
        {"token_endpoint_auth_methods_supported",
         boost::json::array{
             "client_secret_basic", "client_secret_post",
             boost::json::string_view{protocol::peer_auth_method.data(), protocol::peer_auth_method.size()}}}};
}

}  // namespace jeton::vault
