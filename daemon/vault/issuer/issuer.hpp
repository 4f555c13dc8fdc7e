/// What a local environment issues: access tokens in the form of RFC 9068, signed with Ed25519, and the keys to check
/// them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/keys/data_key.hpp"

namespace jeton::vault {

inline constexpr std::chrono::seconds local_token_life{900};

struct AccessTokenClaims {
    std::string client_id;  ///< also `sub` (RFC 9068 §2.2)
    std::string tenant;
    std::string app;
    std::string scope;
    std::string audience;
};

/// A new key pair for `environment`, its private half sealed under the environment's data key.
[[nodiscard]] SigningKey make_signing_key(const DataKey& data_key, const Environment& environment, UtcSeconds now);

/// `typ: at+jwt` with `iss, sub, client_id, aud, iat, exp, jti, scope, tenant`; no `nbf` (a slow clock would refuse
/// it). Throws Tampered where the sealed key does not open.
[[nodiscard]] std::string sign_access_token(const DataKey& data_key, const Environment& environment,
                                            const SigningKey& key, const AccessTokenClaims& claims, UtcSeconds now);

/// RFC 7517 set of the public keys.
[[nodiscard]] boost::json::object key_set(const std::vector<SigningKey>& keys);
/// RFC 8414 metadata. `token_endpoint` and `jwks_uri` lie under the issuer.
[[nodiscard]] boost::json::object server_metadata(const Environment& environment);

}  // namespace jeton::vault
