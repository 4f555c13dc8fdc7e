/// What the audit says, also for systemd's journal: its entries as fields, and which of them have a message ID.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/store/audit.hpp"

namespace jeton::vault::journal {

/// What somebody should read about, with what to do, in the catalog (systemd/jeton.catalog).
struct Weighty {
    std::string_view event;       ///< of the audit, or a word of the daemon's own
    std::string_view message_id;  ///< 32 hexadecimal digits
};

/// A refusal is one of these whatever was asked for.
inline constexpr std::string_view refused = "refused";
/// The store was not opened at the start.
inline constexpr std::string_view stays_sealed = "store.stays-sealed";

[[nodiscard]] std::span<const Weighty> weighty();
/// Empty for an event that is not weighty.
[[nodiscard]] std::string_view message_id(std::string_view event);

/// `JETON_EVENT`, `JETON_CONNECTION` and its parts, `JETON_UID` and so on; docs/logging.md has them all.
[[nodiscard]] std::vector<log::Field> fields_of(const AuditEntry& entry);
/// `secret.rotated dispatcher/1@production, by alice (uid 1000)`.
[[nodiscard]] std::string line_of(const AuditEntry& entry);

/// Into the journal, where the log is that.
void tell(const AuditEntry& entry);
/// Into the log, wherever that goes.
void tell_refusal(const AuditEntry& entry, const Peer& peer);
void tell_that_it_stays_sealed(std::string_view line);

}  // namespace jeton::vault::journal
