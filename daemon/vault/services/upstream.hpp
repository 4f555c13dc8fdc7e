/// Tokens of token endpoints elsewhere: asked for once, held for everybody, judged before they are believed.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/find.hpp"

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
    std::string failure;
    bool our_own_fault = false;  ///< the exchange ended: says nothing of the endpoint
};

/// What the token must say of itself where it says anything (P10, P11): the pair's client ID, the connection's tenant.
struct ExpectedClaims {
    std::string client_id;
    std::string tenant;
    bool tenant_required = false;
};

struct UpstreamToken {
    SecretText access_token;
    std::string scope;
    std::chrono::seconds life{};
};

/// An access token, or why it is none: `invalid_client`, `invalid_scope`, `mismatch` (claims of another tenant or
/// client), `temporarily_unavailable` with `retry_after`. `endpoint` names the server in the words.
[[nodiscard]] Result<UpstreamToken> judge(const ExchangeAnswer& answer, const ExpectedClaims& expected,
                                          std::string_view endpoint);

/// The request for `found` with `secret_value`.
[[nodiscard]] ExchangeRequest exchange_request(const FoundConnection& found, SecretText secret_value,
                                               std::string scope);
[[nodiscard]] ExpectedClaims expected_claims(const FoundConnection& found);

/// The tokens that the vault holds, by (connection, secret, asked scope). In memory, one thread.
class UpstreamTokens {
public:
    struct Held {
        UpstreamToken token;
        Deadline expires;
        std::string connection;  ///< its id
    };
    struct Health {
        std::string last_error;           ///< in words; empty while all is well
        std::optional<Deadline> cooling;  ///< no request before it has passed
        int failures = 0;                 ///< in a row
    };

    [[nodiscard]] static std::string key_of(const Connection& connection, const Secret& secret, std::string_view scope);

    /// A token with life left; nullptr where there is none.
    [[nodiscard]] const Held* find(const std::string& key, const Clock& clock);
    void put(const std::string& key, const Connection& connection, UpstreamToken token, const Clock& clock);
    /// Gives the token away and forgets it.
    [[nodiscard]] std::optional<UpstreamToken> take(const std::string& key);
    void drop_connection(const ConnectionId& connection);
    void clear();
    [[nodiscard]] std::size_t count(const std::map<std::string, std::string>& environment_of_connection,
                                    const std::string& environment) const;

    /// Whether a fresh token may be forced now (`min_ttl`, `rejected_token`): once per key a minute.
    [[nodiscard]] bool may_force(const std::string& key, const Clock& clock);

    /// What the last answer said of the endpoint; a failure that is the endpoint's own starts its cooling.
    void note(const EnvironmentId& environment, const std::optional<Error>& failure, const Clock& clock);
    /// A refusal while the endpoint is cooling.
    [[nodiscard]] std::optional<Error> cooling(const EnvironmentId& environment, const Clock& clock) const;
    [[nodiscard]] const Health* health(const EnvironmentId& environment) const;
    /// The environment has another endpoint now: what was seen of the old one says nothing of it.
    void forget_health(const EnvironmentId& environment) { health_.erase(environment); }

private:
    std::map<std::string, Held> held_;
    std::map<std::string, Deadline> forced_;
    std::map<EnvironmentId, Health> health_;
};

}  // namespace jeton::vault
