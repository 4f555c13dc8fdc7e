/// What the routes work with: one desk for the daemon, one caller for each session.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/front/peer/attest.hpp"
#include "daemon/front/peer/groups.hpp"
#include "daemon/front/peer/users.hpp"
#include "daemon/front/routes/client_throttle.hpp"
#include "daemon/front/routes/counters.hpp"
#include "daemon/front/routes/vault.hpp"
#include "daemon/front/tokens/decision_cache.hpp"
#include "daemon/front/tokens/epoch_page.hpp"
#include "daemon/front/tokens/fingerprint.hpp"

namespace jeton::front {

struct Note;

struct Desk {
    const Clock& clock;
    Vault& vault;
    DecisionCache& decisions;
    const EpochPageWriter& page;
    std::string control_group{};  ///< who else than root may use the control socket; empty: only its owner
    UserNames names{};
    GroupNames groups{};
    Fingerprinter fingerprinter{};
    ClientThrottle throttle{};
    /// Sessions that are still open when the daemon ends may outlive the desk.
    std::shared_ptr<Counters> counters = std::make_shared<Counters>();
    BootTime started = clock.boot_time();
    std::shared_ptr<Note> note = {};  ///< uses that the vault is about to be asked to note (routes/usage)
};

/// The attested process behind a session. Attested anew when its attestation is too old.
struct Caller {
    int socket;
    Peer peer;
    std::string_view socket_name;  ///< "token" or "control"

    [[nodiscard]] Glimpse glimpse() const { return glimpse_of(socket, peer); }
    /// The same, looked at once for each attestation: for what happens often, where it costs more than all else.
    [[nodiscard]] const Glimpse& early_glimpse() {
        if (!glimpsed) glimpsed = glimpse();
        return *glimpsed;
    }

    /// Likewise.
    [[nodiscard]] const Identity& identity(const Fingerprinter& fingerprinter) {
        if (!identified) identified = fingerprinter.identity(peer);
        return *identified;
    }

    std::optional<Glimpse> glimpsed = {};
    std::optional<Identity> identified = {};
};

/// A peer as `docs/inner-protocol.md` has it. An attested unit is told before the one that was glimpsed.
[[nodiscard]] json::object describe(Desk& desk, const Peer& peer, const Glimpse& glimpse);

/// A question on behalf of `caller`.
[[nodiscard]] Question question_of(Desk& desk, const Caller& caller, const Glimpse& glimpse, std::string_view verb,
                                   json::value body);

}  // namespace jeton::front
