/// What a local environment issues: access tokens in the form of RFC 9068, and the keys to sign and to check them with.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/issuer/key_pair.hpp"
#include "daemon/vault/keys/data_key.hpp"

namespace jeton::vault {

inline constexpr std::chrono::seconds local_token_life{900};

struct AccessTokenClaims {
    std::string client_id;  ///< also `sub` (RFC 9068 §2.2)
    std::string tenant;
    std::string app;
    std::string scope;
    std::vector<std::string> audience;  ///< one stands in `aud` as a text, several as an array (RFC 7519 §4.1.3)
    std::int64_t generation = 0;        ///< of the connection's tokens: `jti` begins with it
    std::chrono::seconds behind{0};     ///< how far the wall clock is behind the store's time; stands in `jti` if not 0
};

/// When a token is judged: what the wall clock says, and the store's own time, which is never earlier.
struct JudgedAt {
    UtcSeconds wall;
    UtcSeconds store;
};

/// Where the private half belongs, under the data key that it is sealed under. Views look into the arguments.
[[nodiscard]] SealedPlace place_of(const SigningKey& key, const Environment& environment);

/// `pair` as the key that signs in `environment`, its private half sealed under `data_key`, the environment's of now.
[[nodiscard]] SigningKey make_signing_key(const DataKey& data_key, const Environment& environment, const KeyPair& pair,
                                          UtcSeconds now);

/// RFC 9068: `typ: at+jwt` with `iss, sub, client_id, aud, iat, exp, jti, scope`, and `tenant, app`; no `nbf` (a slow
/// clock would refuse it). Takes 20 µs with EdDSA, 0.1 ms with ES256, 1.2 ms with RS256. `data_key` is the one that
/// `key` is sealed under. Throws Tampered where it does not open.
[[nodiscard]] std::string sign_access_token(const DataKey& data_key, const Environment& environment,
                                            const SigningKey& key, const AccessTokenClaims& claims, UtcSeconds now);

/// What a valid token says.
struct VerifiedToken {
    boost::json::object claims;
    std::string client_id;
    std::int64_t generation = 0;
    RevokedTokenId id;          ///< what its row would be called if it were revoked: the random part of `jti`
    UtcSeconds worthless_at{};  ///< in the store's time
};
/// Signature, `typ`, `alg` (the key's), issuer and lifetime of `token` hold at `at` for `environment`; nothing where
/// one does not, or it is no token of ours (RFC 7662 §2.2 tells no reason). Its life has passed when either time says
/// so (T48).
[[nodiscard]] std::optional<VerifiedToken> verify_access_token(const Environment& environment,
                                                               const std::vector<SigningKey>& keys,
                                                               std::string_view token, JudgedAt at);

/// RFC 7517 set of the public keys.
[[nodiscard]] boost::json::object key_set(const std::vector<SigningKey>& keys);
/// RFC 8414 metadata. The endpoints lie under `http://localhost/ENVIRONMENT`, as the token socket serves them.
[[nodiscard]] boost::json::object server_metadata(const Environment& environment);

}  // namespace jeton::vault
