/// What the routes work with: one desk for the daemon, one caller for each session.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/front/peer/attest.hpp"
#include "daemon/front/peer/users.hpp"
#include "daemon/front/routes/vault.hpp"
#include "daemon/front/tokens/decision_cache.hpp"
#include "daemon/front/tokens/fingerprint.hpp"

namespace jeton::front {

struct Desk {
    const Clock& clock;
    Vault& vault;
    DecisionCache& decisions;
    UserNames names{};
    Fingerprinter fingerprinter{};
};

/// The attested process behind a session. Attested anew when its attestation is too old.
struct Caller {
    int socket;
    Peer peer;
    std::string_view socket_name;  ///< "token" or "control"

    [[nodiscard]] std::optional<std::string> command() const { return command_of(socket, peer); }
};

/// `peer` of an inner request.
[[nodiscard]] json::object describe(Desk& desk, const Caller& caller);

/// A question on behalf of `caller`.
[[nodiscard]] Question question_of(Desk& desk, const Caller& caller, std::string_view verb, json::value body);

}  // namespace jeton::front
