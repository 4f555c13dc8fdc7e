/// Pauses: access that was granted is disabled for a while and restored (S45–S50). The tenant's side and the operators
/// pause independently; each lifts its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/grounds.hpp"
#include "daemon/vault/services/selection.hpp"
#include "daemon/vault/services/standing.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct Pause {
    Side side = Side::tenant;
    std::string by;
    std::string reason;
    UtcSeconds at{};
};

/// None to two; none of a disabled connection: it was paused by an older jeton, which kept no names.
[[nodiscard]] std::vector<Pause> pauses_of(const Connection& connection);
/// "operator root: REASON", "tenant-admin alice".
[[nodiscard]] std::string described(const Pause& pause);

/// Pauses for the side that `side_of` says: no new token from now on; client ID, secrets and version stay (S46).
/// Refuses: not_found, wrong_state (not connected yet; this side has paused it already), bad_input.
[[nodiscard]] Result<FoundConnection> disable_access(Transaction& tx, const Peer& peer, const Standing& standing,
                                                     const ConnectionName& name, const Grounds& grounds,
                                                     UtcSeconds now);

/// Lifts each pause that the caller may lift: an admin of the tenant the tenant's, an operator the operators', and the
/// tenant's too where it says on whose behalf. Nothing is regenerated (S48). While another pause remains, the
/// connection stays disabled.
/// Refuses: not_found, wrong_state (not disabled; the tenant is not on the app's list), forbidden (only another side's
/// pause is there: says whose, why and whom to ask), bad_input.
[[nodiscard]] Result<FoundConnection> enable_access(Transaction& tx, const Peer& peer, const Standing& standing,
                                                    const ConnectionName& name, const Grounds& grounds, UtcSeconds now);

enum class Act { disable, enable };

/// What came of one connection of a selection.
struct Switched {
    FoundConnection found;         ///< as it stands now
    std::optional<Error> refusal;  ///< why nothing was done to it
};

/// How many connections one call switches at most: as many as one app lists.
inline constexpr std::size_t selection_limit = 2000;

/// Disables or enables every selected connection that was allowed once, of the tenants that `standing` administers (of
/// all, for an operator), each on its own and all in this transaction, by name. With `dry_run` nothing changes and
/// nothing is recorded. Refuses: bad_input (no selector), not_found, wrong_state (more than `selection_limit`).
[[nodiscard]] Result<std::vector<Switched>> switch_selected(Transaction& tx, const Peer& peer, const Standing& standing,
                                                            Act act, const Selector& selector, const Grounds& grounds,
                                                            bool dry_run, UtcSeconds now);

}  // namespace jeton::vault
