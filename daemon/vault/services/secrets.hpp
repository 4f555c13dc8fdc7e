/// Client secrets: generated where jeton is the issuer, imported where the issuer is elsewhere, deactivated (S6, S17,
/// S37).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/form_field.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/sealing.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct GeneratedSecret {
    Secret secret;
    SecretText value;  ///< shown once
};

inline constexpr std::chrono::hours overlap_max{24 * 30};  ///< the longest a replaced secret may stay active

/// A new active secret beside what there is; a third is refused (S17).
/// Refuses: not_found, wrong_state (not connected: S6; two active; upstream: points to import).
[[nodiscard]] Result<GeneratedSecret> generate_secret(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                      UtcSeconds now);
/// Whether it may be made now: what `generate_secret` checks.
[[nodiscard]] Result<void> check_generation(Transaction& tx, const FoundConnection& found);
/// Makes it for a local connection that is known to be fit for it. `via`: see `SecretEvent`.
[[nodiscard]] GeneratedSecret add_generated_secret(Transaction& tx, const Peer& peer, const FoundConnection& found,
                                                   UtcSeconds now, std::string via = {});

/// A pair from the portal. The caller wipes what the views look at.
struct ImportedPair {
    std::string_view client_id;
    std::string_view client_secret;
    std::optional<std::chrono::seconds> overlap;  ///< older secrets end then; zero = now; absent = they stay. Those
                                                  ///< that were imported for another destination end in any case, now
    std::optional<std::vector<FormField>> form_fields = {};  ///< from now on instead of the connection's
};

/// Whether `pair` may be imported at all, before the upstream is asked: the connection, upstream and connected, as it
/// will be with the pair (client ID without white space, form fields). Refuses: not_found, wrong_state, bad_input,
/// already_exists (the client ID is another connection's, and not to be shared with it: S3, `check_client_id`).
[[nodiscard]] Result<FoundConnection> check_import(Transaction& tx, const ConnectionName& name,
                                                   const ImportedPair& pair);
/// The same for a connection as the caller is about to make it in this transaction: `found` becomes what it will be
/// with the pair.
[[nodiscard]] Result<void> check_pair(Transaction& tx, FoundConnection& found, const ImportedPair& pair);
/// Stores a pair that the upstream accepted. Checks again what `check_import` checked.
[[nodiscard]] Result<Secret> import_secret(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                           const ImportedPair& pair, UtcSeconds now);

/// Refuses the secret from now on, in each active row that holds it. Refuses: not_found, wrong_state.
[[nodiscard]] Result<Secret> deactivate_secret(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                               std::string_view prefix, UtcSeconds now);

/// All that are active, oldest first, judged by the latest time that the store has seen (T48).
[[nodiscard]] std::vector<Secret> active_secrets(Transaction& tx, const Connection& connection);

/// Whether `value` is this secret, in constant time. Says nothing of its state. Throws Tampered.
[[nodiscard]] bool is_value_of(Transaction& tx, const Environment& environment, const Secret& secret,
                               std::string_view value);

// What rotation is made of as well.

/// `wrong_state` where secrets are made by a portal elsewhere: points to import. `option`: what to say to it beside the
/// client ID.
[[nodiscard]] Result<void> check_made_here(const FoundConnection& found, std::string_view option = {});
/// `wrong_state` unless connected, in the words of the portal.
[[nodiscard]] Result<void> check_connected(const FoundConnection& found);
/// Stores a new active secret of a local connection; the caller writes the audit entry.
[[nodiscard]] GeneratedSecret insert_generated_secret(Transaction& tx, const Peer& peer, const FoundConnection& found,
                                                      UtcSeconds now);
/// Refuses the secret when `after` has passed, at once where that is 0; an earlier deadline stays. The caller writes
/// the audit entry.
void end_secret(Transaction& tx, Secret& secret, std::chrono::seconds after);

struct SecretEvent {
    std::string name;         ///< `secret.generated`
    std::string detail = {};  ///< never a secret
    std::string via = {};     ///< what stands for a role, `ticket 3f2a9c01`; empty: what the socket says
};
void record_secret(Transaction& tx, const Peer& peer, const FoundConnection& found, const Secret& secret,
                   const SecretEvent& event, UtcSeconds now);

}  // namespace jeton::vault
