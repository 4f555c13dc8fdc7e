/// What a token endpoint elsewhere is asked, and what its answer is worth: judged before it is believed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/domain/form_field.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// What the exchange is asked to do; holds the one secret that it needs.
struct ExchangeRequest {
    std::string endpoint;
    ClientAuth client_auth = ClientAuth::post;
    std::string client_id;
    SecretText client_secret;
    std::string scope;  ///< empty = not sent
    std::string ca_file;
    bool allow_loopback_http = false;
    std::vector<FormField> form;  ///< the connection's own, beside those of RFC 6749
    std::string environment;      ///< its name, for words about the CA file; not sent
};

/// What came back. `failure` in words where there is no HTTP answer.
struct ExchangeAnswer {
    int status = 0;
    SecretText access_token;
    std::optional<std::int64_t> expires_in;
    std::string token_type;
    std::string scope;
    std::string error;
    std::optional<std::int64_t> retry_after;  ///< seconds
    std::optional<std::int64_t> server_date;  ///< the endpoint's own clock, in seconds since the epoch
    std::string failure;
    bool our_own_fault = false;  ///< the exchange ended, or had no room: says nothing of the endpoint
    BootTime asked_at{};         ///< when the request was sent; by the boot clock
};

/// What the token must say of itself where it says anything (P10, P11): the pair's client ID, the connection's tenant.
struct ExpectedClaims {
    std::string client_id;
    std::string tenant;
    bool tenant_required = false;
    /// Of the environment: each token must come from it; empty while no token has told one.
    std::string issuer = {};
    /// Of the accepted version, sorted: a token for more would give the program what its tenant did not allow.
    std::vector<std::string> scopes = {};
    std::string connection = {};   ///< its name, for the words
    std::string environment = {};  ///< likewise
};

struct UpstreamToken {
    SecretText access_token;
    std::string scope;  ///< what was granted, as the answer or the token itself says; empty: nobody says
    std::chrono::seconds life{};
    std::string issuer = {};  ///< who the token says made it; empty: it does not say
};

inline constexpr std::size_t issuer_limit = 250;  ///< bytes of an issuer; a longer one is none

/// An access token, or why it is none: `invalid_client`, `invalid_scope`, `unauthorized_client` (other words of RFC
/// 6749 §5.2 about this client alone), `mismatch` (claims of another tenant, client or issuer, or scopes beyond the
/// accepted version), `temporarily_unavailable` with `retry_after`. `endpoint` names the server in the words.
[[nodiscard]] Result<UpstreamToken> judge(const ExchangeAnswer& answer, const ExpectedClaims& expected,
                                          std::string_view endpoint);

/// The request for `found` with `secret_value`.
[[nodiscard]] ExchangeRequest exchange_request(const FoundConnection& found, SecretText secret_value,
                                               std::string scope);
[[nodiscard]] ExpectedClaims expected_claims(Transaction& tx, const FoundConnection& found);

/// The endpoint gives no token now; `retry_after` in seconds, bounded here.
[[nodiscard]] Error unavailable(std::string what, std::optional<std::int64_t> retry_after);

}  // namespace jeton::vault
