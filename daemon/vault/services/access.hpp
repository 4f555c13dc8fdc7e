/// Consent: a tenant admin reviews what an app wants, allows or declines it, pauses and restores it (S15, S25–S33,
/// S45–S50).
#pragma once

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
    std::vector<std::string> warnings;
};

/// Where an operator decides for a tenant: for whom, and why.
struct OnBehalf {
    std::string of;
    std::string reason;
};

struct Allowed {
    FoundConnection found;
    std::optional<SecretText> client_secret;  ///< where the tenant configures credentials, local kind: shown once (S30)
    std::string message;
};

/// How long an access token lives at most after it was handed out, seconds (RFC 6749 §5.1; also what the portal gives).
inline constexpr std::chrono::seconds token_life_limit{900};

[[nodiscard]] Result<Review> review_access(Transaction& tx, const ConnectionName& name);

/// Accepts `version`, the one that was reviewed. Gives a local connection its client ID. Allowing what is allowed
/// already changes nothing. Refuses: not_found (S27), wrong_state (the app has moved on: names the difference;
/// disabled), forbidden (an operator who does not say for whom).
[[nodiscard]] Result<Allowed> allow_access(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                           std::int64_t version, const std::optional<OnBehalf>& on_behalf,
                                           UtcSeconds now);

/// Records the answer; the connection stays as it is (S29, S43).
[[nodiscard]] Result<FoundConnection> decline_access(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                     UtcSeconds now);

/// Pauses: no new token from now on; client ID, secrets and version stay (S46). Refuses: not_found, wrong_state.
[[nodiscard]] Result<FoundConnection> disable_access(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                     const std::string& reason, UtcSeconds now);
/// Restores what was paused, nothing regenerated (S48). Refuses: not_found, wrong_state.
[[nodiscard]] Result<FoundConnection> enable_access(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                    const std::string& reason, UtcSeconds now);

}  // namespace jeton::vault
