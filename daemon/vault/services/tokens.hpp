/// Who gets which access token (RFC 6749 §4.4; S1, S4, S42, S46).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/authentication.hpp"
#include "daemon/vault/services/sightings.hpp"
#include "daemon/vault/services/upstream.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct IssuedToken {
    SecretText access_token;
    std::chrono::seconds left{};   ///< `expires_in`
    std::chrono::seconds reuse{};  ///< how long the front may repeat this decision
    std::string scope;
    std::string connection;
    std::string app_key;
    std::string
        secret_prefix;  ///< of the secret that authenticated, or the local pair's client ID; empty for a binding
    std::string via;    ///< for the audit: "secret jcs.ab12", "pair jid.…", "binding 3f2a9c01"
};

/// A request to the upstream that the answer waits for, or that runs ahead of need.
struct TokenFetch {
    TokenKey key;               ///< one flight at a time for each
    std::string name;           ///< of the connection
    std::string secret_prefix;  ///< of the secret that is sent
    ExchangeRequest request;
    Connection connection;  ///< as it was when it was asked
    EnvironmentId environment;
    std::string destination;  ///< of the environment, likewise (services/destinations)
    std::uint64_t drops = 0;  ///< `UpstreamTokens::drops`, likewise
};

/// `token`: answer with it. `fetch`: ask the upstream; without a token the answer waits for it.
struct TokenDecision {
    std::optional<IssuedToken> token;
    std::optional<TokenFetch> fetch;
};

/// How the upstream request ended that a token request, or an import, has waited for.
struct Landing {
    std::optional<Error> failure;
    std::string flight;  ///< its key
    /// What the answer leaves in the store, beside its audit entry where it changes authority rows: run in a savepoint
    /// of its own, in one commit with the other answers of the loop's turn, before the waiting verbs run again. A disk
    /// that refuses it takes the answer from nobody. Empty: nothing.
    std::function<void(Transaction&)> keep = {};
    /// What operators must see: written like a refusal, the first of its kind at once, others counted.
    std::optional<AuditEntry> alarm = {};
    /// What was asked is not what is wanted any more (the connection was changed meanwhile): it says nothing, and who
    /// waited is decided on anew.
    bool outdated = false;
};

/// Decides a token request. `landed`: this request has waited for an upstream answer already. That answer decides, and
/// the same is not asked twice; but another active secret is tried where the upstream did not accept the first.
/// Refuses as RFC 6749 §5.2: invalid_client, invalid_request, unauthorized_client, invalid_scope, invalid_target,
/// temporarily_unavailable. `operator_note` holds what the caller is not told.
[[nodiscard]] Result<TokenDecision> decide_token(Transaction& tx, const Peer& peer, const TokenRequest& request,
                                                 UpstreamTokens& upstream, const Clock& clock,
                                                 const std::optional<Landing>& landed);

/// The request that replaces the token of `key` ahead of need; nothing where it must not be asked for: not connected,
/// no secret, refused a while ago, cooling.
[[nodiscard]] std::optional<TokenFetch> fetch_ahead(Transaction& tx, const TokenKey& key, UpstreamTokens& upstream,
                                                    const Clock& clock);

/// Whether `fetch` is still wanted: nothing about its connection has changed since.
[[nodiscard]] inline bool is_wanted(const TokenFetch& fetch, const UpstreamTokens& upstream) {
    return upstream.drops(fetch.connection.id) == fetch.drops;
}

/// What the vault holds of upstreams in memory.
struct Upstreams {
    UpstreamTokens& tokens;
    UpstreamSightings& sightings;
};

/// Files an answer of the upstream: the token, the refusal, or the endpoint's health. Judged by the connection as it is
/// when the answer comes: where it is gone, is not connected any more, has other form fields or its environment another
/// endpoint, the answer is worth nothing. A mismatch is an alarm (`upstream.mismatch`).
[[nodiscard]] Landing land_token(Transaction& tx, const TokenFetch& fetch, const ExchangeAnswer& answer,
                                 const Upstreams& upstreams, const Clock& clock);

/// What a token that was judged good against `expected` leaves in the store: its issuer, where the environment has none
/// yet. Empty: nothing.
[[nodiscard]] std::function<void(Transaction&)> lesson_of(const UpstreamToken& token, const ExpectedClaims& expected,
                                                          const Environment& environment, UtcSeconds now);

}  // namespace jeton::vault
