/// Consent: a tenant admin reviews what an app wants, allows or declines it (S15, S25–S33, S40–S44).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/grounds.hpp"
#include "daemon/vault/services/standing.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// What a person must see before deciding (S29, S33, S41).
struct Review {
    FoundConnection found;
    std::int64_t offered_version = 0;
    std::vector<ScopeView> scopes;  ///< all that the offered version asks for
    std::vector<ScopeView> added;   ///< against the accepted version; empty for a first consent
    std::vector<ScopeView> removed;
    std::string statement;
    std::vector<std::string> warnings;  ///< what is unusual: writing scopes, a pause, an operator who reads it
};

/// How long an access token lives at most after it was handed out, seconds (RFC 6749 §5.1; also what the portal gives).
inline constexpr std::chrono::seconds token_life_limit{900};

struct Allowed {
    FoundConnection found;
    std::optional<SecretText> client_secret;  ///< where the tenant configures credentials, local kind: shown once (S30)
    std::string message;
};

/// For `standing`, who reads it. Refuses: not_found.
[[nodiscard]] Result<Review> review_access(Transaction& tx, const Standing& standing, const ConnectionName& name);

/// Accepts `version`, the one that was reviewed. Gives a local connection its client ID; an upgrade keeps it and all
/// secrets (S44). Allowing what is allowed already changes nothing. Refuses: not_found (S27), wrong_state (the app has
/// moved on: names the difference; disabled), forbidden (an operator who does not say for whom and why), bad_input.
[[nodiscard]] Result<Allowed> allow_access(Transaction& tx, const Peer& peer, const Standing& standing,
                                           const ConnectionName& name, std::int64_t version, const Grounds& grounds,
                                           UtcSeconds now);

/// Records the answer; the connection stays as it is (S29, S43). Refuses as `allow_access`, but for the version.
[[nodiscard]] Result<FoundConnection> decline_access(Transaction& tx, const Peer& peer, const Standing& standing,
                                                     const ConnectionName& name, const Grounds& grounds,
                                                     UtcSeconds now);

/// A consent that was given elsewhere, as an operator learned of it.
struct ConsentElsewhere {
    std::int64_t version = 0;  ///< any that the app has published
    std::string source;        ///< `portal`
    std::string note;          ///< how the operator knows; stands as the reason
};

/// Writes down that the tenant allowed the app in the portal of an upstream environment. Refuses: not_found,
/// wrong_state (a local environment: consent is given here; no such version, or one older than the accepted one;
/// disabled), bad_input.
[[nodiscard]] Result<Allowed> record_access(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                            const ConsentElsewhere& consent, UtcSeconds now);

}  // namespace jeton::vault
