#include "daemon/vault/issuer/issuer.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include "daemon/vault/issuer/jwt.hpp"
#include "daemon/vault/issuer/public_key.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::vault {
namespace {

std::string_view text_in(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(boost::json::string_view{name.data(), name.size()});
    if (value == nullptr || !value->is_string()) return {};
    return {value->get_string().data(), value->get_string().size()};
}

PublicKey public_half(const SigningKey& key) { return {key.algorithm, key.public_key}; }

/// `GENERATION.RANDOM`, or `GENERATION+SECONDS.RANDOM` of a token that was issued while the wall clock was behind.
std::string token_id(const AccessTokenClaims& claims) {
    const auto behind = claims.behind.count();
    return behind > 0 ? fmt::format("{}+{}.{}", claims.generation, behind, random_hex(16))
                      : fmt::format("{}.{}", claims.generation, random_hex(16));
}

struct TokenId {
    std::int64_t generation = 0;
    std::int64_t behind = 0;  ///< seconds
    std::string_view random;  ///< 32 hexadecimal digits
};

TokenId read_token_id(std::string_view id) {
    TokenId read;
    const auto* const end = id.data() + id.size();
    const auto* const rest = std::from_chars(id.data(), end, read.generation).ptr;
    if (rest != end && *rest == '+') std::from_chars(rest + 1, end, read.behind);
    read.random = id.substr(id.find('.') + 1);
    return read;
}

std::optional<UtcSeconds> expiry_of(const boost::json::object& claims) {
    const auto* expires = claims.if_contains("exp");
    if (expires == nullptr || !expires->is_int64()) return std::nullopt;
    return UtcSeconds{std::chrono::seconds{expires->get_int64()}};
}

boost::json::value audience_of(const AccessTokenClaims& claims) {
    if (claims.audience.size() == 1) return boost::json::value(claims.audience.front());
    return boost::json::value_from(claims.audience);
}

/// Of client assertions, by every name that is taken. `none` and algorithms with a shared key are never among them
/// (RFC 8414 §2).
boost::json::array assertion_algorithms() {
    boost::json::array names;
    for (const auto algorithm : signing_algorithms) names.emplace_back(name_of(algorithm));
    names.emplace_back("Ed25519");
    return names;
}

}  // namespace

SealedPlace place_of(const SigningKey& key, const Environment& environment) {
    return {"signing_keys", key.id.text, environment.id.text, key.key_generation};
}

SigningKey make_signing_key(const DataKey& data_key, const Environment& environment, const KeyPair& pair,
                            UtcSeconds now) {
    SigningKey key;
    key.id = SigningKeyId::fresh();
    key.environment = environment.id;
    key.key_generation = environment.key_generation;
    key.kid = thumbprint(pair.public_key);
    key.sealed_private_key = seal(data_key, place_of(key, environment), pair.private_key.span());
    key.algorithm = pair.public_key.algorithm;
    key.public_key = pair.public_key.encoded;
    key.created_at = now;
    return key;
}

std::string sign_access_token(const DataKey& data_key, const Environment& environment, const SigningKey& key,
                              const AccessTokenClaims& claims, UtcSeconds now) {
    const auto private_key = open(data_key, place_of(key, environment), key.sealed_private_key);
    const auto issued_at = now.time_since_epoch().count();
    return sign_jwt(key.algorithm, {{"typ", "at+jwt"}, {"kid", key.kid}},
                    {{"iss", environment.issuer},
                     {"sub", claims.client_id},
                     {"client_id", claims.client_id},
                     {"aud", audience_of(claims)},
                     {"iat", issued_at},
                     {"exp", issued_at + local_token_life.count()},
                     {"jti", token_id(claims)},
                     {"scope", claims.scope},
                     {"tenant", claims.tenant},
                     {"app", claims.app}},
                    private_key);
}

std::optional<VerifiedToken> verify_access_token(const Environment& environment, const std::vector<SigningKey>& keys,
                                                 std::string_view token, JudgedAt at) {
    const auto parsed = parse_jwt(token);
    if (!parsed || text_in(parsed->header, "typ") != "at+jwt") return std::nullopt;
    const auto key = std::ranges::find(keys, text_in(parsed->header, "kid"), &SigningKey::kid);
    if (key == keys.end() || text_in(parsed->header, "alg") != name_of(key->algorithm)) return std::nullopt;
    if (!verifies(public_half(*key), parsed->signed_part, parsed->signature)) return std::nullopt;
    const auto id = read_token_id(text_in(parsed->claims, "jti"));
    const auto expires_at = expiry_of(parsed->claims);
    if (!expires_at) return std::nullopt;
    const auto worthless_at = *expires_at + std::chrono::seconds{id.behind};
    if (at.wall >= *expires_at || at.store >= worthless_at) return std::nullopt;
    if (text_in(parsed->claims, "iss") != environment.issuer) return std::nullopt;
    VerifiedToken verified;
    verified.client_id = text_in(parsed->claims, "client_id");
    verified.generation = id.generation;
    verified.id.text = id.random;
    verified.worthless_at = worthless_at;
    verified.claims = parsed->claims;
    return verified;
}

boost::json::object key_set(const std::vector<SigningKey>& keys) {
    boost::json::array list;
    for (const auto& key : keys) list.push_back(jwk_of(public_half(key)));
    return {{"keys", std::move(list)}};
}

boost::json::object server_metadata(const Environment& environment) {
    // The endpoints are paths of the token socket, whatever the issuer is called: what a client reads here, it can
    // reach.
    const auto socket = "http://localhost/" + environment.name;
    const boost::json::string_view peer{protocol::peer_auth_method.data(), protocol::peer_auth_method.size()};
    // A revocation is authenticated as a token request is.
    const boost::json::array client_methods{"client_secret_basic", "client_secret_post", "private_key_jwt", peer};
    return {
        {"issuer", environment.issuer},
        {"token_endpoint", socket + "/token"},
        {"jwks_uri", socket + "/jwks"},
        {"introspection_endpoint", socket + "/introspect"},
        {"introspection_endpoint_auth_methods_supported", boost::json::array{peer}},
        {"revocation_endpoint", socket + "/revoke"},
        {"revocation_endpoint_auth_methods_supported", client_methods},
        {"revocation_endpoint_auth_signing_alg_values_supported", assertion_algorithms()},
        {"grant_types_supported", boost::json::array{"client_credentials"}},
        // REQUIRED by RFC 8414 §2, which also forbids empty arrays; there is no authorization endpoint to use it at.
        {"response_types_supported", boost::json::array{"none"}},
        {"token_endpoint_auth_methods_supported", client_methods},
        {"token_endpoint_auth_signing_alg_values_supported", assertion_algorithms()}};
}

}  // namespace jeton::vault
