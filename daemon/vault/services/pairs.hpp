/// Local pairs: what a program presents instead of an upstream secret, bound to an identity of this host (S32).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/pair.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct CreatedPair {
    Pair pair;
    SecretText value;  ///< the client secret, shown once
};

/// A pair for `identity`, of a connection that was allowed, of either kind; `life` absent: until it is revoked.
/// Refuses: not_found, wrong_state (Not Connected Yet, clock set back), bad_input (an identity that is nobody's).
[[nodiscard]] Result<CreatedPair> create_pair(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                              const Identity& identity, std::optional<std::chrono::seconds> life,
                                              UtcSeconds now);

/// Refuses the pair from now on; its row stays. Refuses: not_found, wrong_state (revoked before).
[[nodiscard]] Result<Pair> revoke_pair(Transaction& tx, const Peer& peer, std::string_view client_id, UtcSeconds now);

/// `active`, `revoked` or `expired` at `now`.
[[nodiscard]] std::string_view state_of(const Pair& pair, UtcSeconds now);

/// Whether `value` is the pair's client secret, in constant time. Says nothing of the pair's state or of whose it is.
/// Throws Tampered.
[[nodiscard]] bool is_right_secret(Transaction& tx, const Pair& pair, std::string_view value);

}  // namespace jeton::vault
