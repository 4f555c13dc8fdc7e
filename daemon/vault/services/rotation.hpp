/// A new client secret takes the place of the old one, which goes on working for a while; and the way back (S17).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/secrets.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

inline constexpr std::chrono::hours usual_overlap{24};

struct RotatedSecret {
    GeneratedSecret fresh;
    std::vector<Secret> replaced;  ///< oldest first, with the ends they have now; empty where none was active
};

/// Makes a new secret of a local connection. What was active ends `overlap` (0 to `overlap_max`) later, or at an
/// earlier deadline of its own. Zero means that what is out must end at once: then all older secrets end now, however
/// many, and the local tokens issued so far with them. Refuses: not_found, bad_input (overlap), wrong_state (not
/// connected; upstream: points to import; two active and an overlap: names the ways out).
[[nodiscard]] Result<RotatedSecret> rotate_secret(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                  std::chrono::seconds overlap, UtcSeconds now);
/// Whether it may be done now: what `rotate_secret` checks.
[[nodiscard]] Result<void> check_rotation(Transaction& tx, const FoundConnection& found, std::chrono::seconds overlap);
/// Does it for a connection that is known to be fit for it. `via`: see `SecretEvent`.
[[nodiscard]] RotatedSecret add_rotated_secret(Transaction& tx, const Peer& peer, FoundConnection found,
                                               std::chrono::seconds overlap, UtcSeconds now, std::string via = {});

struct RolledBack {
    Secret restored;
    std::optional<Secret> deactivated;  ///< nothing where the new secret was deactivated before
};

/// Takes the last rotation (or import with an overlap) back while its overlap runs: the replaced secret stays, the new
/// one is refused from now on. Of either kind of connection.
/// Refuses: not_found, wrong_state (no overlap is running; not connected).
[[nodiscard]] Result<RolledBack> roll_back_rotation(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                    UtcSeconds now);

}  // namespace jeton::vault
