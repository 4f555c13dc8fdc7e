/// Client secrets: generated where jeton is the issuer, imported where the issuer is elsewhere, deactivated (S6, S17,
/// S37).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/keys/data_key.hpp"
#include "daemon/vault/services/find.hpp"
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
/// The same for a local connection that is known to be fit for it.
[[nodiscard]] GeneratedSecret add_generated_secret(Transaction& tx, const Peer& peer, const FoundConnection& found,
                                                   UtcSeconds now);

/// A pair from the portal. The caller wipes what the views look at.
struct ImportedPair {
    std::string_view client_id;
    std::string_view client_secret;
    std::optional<std::chrono::seconds> overlap;  ///< older secrets end then; zero = now; absent = they stay
};

/// Whether `pair` may be imported at all, before the upstream is asked: the connection, upstream and connected, white
/// space taken off. Refuses: not_found, wrong_state, bad_input, already_exists (the client ID belongs to another
/// tenant: S3).
[[nodiscard]] Result<FoundConnection> check_import(Transaction& tx, const ConnectionName& name,
                                                   const ImportedPair& pair, UtcSeconds now);
/// Stores a pair that the upstream accepted. Checks again what `check_import` checked.
[[nodiscard]] Result<Secret> import_secret(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                           const ImportedPair& pair, UtcSeconds now);

/// Refuses the secret from now on. Refuses: not_found, wrong_state.
[[nodiscard]] Result<Secret> deactivate_secret(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                               std::string_view prefix, UtcSeconds now);

/// The newest secret of `connection` that is active at `now`.
[[nodiscard]] std::optional<Secret> newest_active(Transaction& tx, const Connection& connection, UtcSeconds now);

/// Where a sealed secret belongs. An upstream secret is bound to its endpoint, CA and client authentication, so that a
/// changed environment cannot send it elsewhere. The texts live in `environment_text`.
struct SecretPlace {
    std::string id;
    std::string environment_text;
    std::int64_t generation;
    [[nodiscard]] SealedPlace place() const { return {"secrets", id, environment_text, generation}; }
};
[[nodiscard]] SecretPlace place_of(const Secret& secret, const Environment& environment);

}  // namespace jeton::vault
