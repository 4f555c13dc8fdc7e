/// The audit entry of a change: who, what, to which connection. Written in the change's own transaction.
#pragma once

#include <string>
#include <utility>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// What is said of a change beside who made it and when.
struct Change {
    std::string event;            ///< `secret.generated`: the noun and what was done to it
    std::string subject;          ///< the name of what was changed
    std::string connection = {};  ///< `APP/TENANT@ENVIRONMENT` where there is one
    std::string tenant = {};      ///< `TENANT@ENVIRONMENT` where there is one
    std::string detail = {};      ///< for people; never a secret
};

/// A change of a connection; its subject is the connection itself.
[[nodiscard]] inline Change about(const FoundConnection& found, std::string event, std::string detail = {}) {
    return {.event = std::move(event),
            .subject = found.name(),
            .connection = found.name(),
            .tenant = found.tenant_name().text(),
            .detail = std::move(detail)};
}
/// The same, where the subject is a part of it: a secret, a ticket, an app's list.
[[nodiscard]] inline Change about(const FoundConnection& found, std::string subject, std::string event,
                                  std::string detail) {
    auto change = about(found, std::move(event), std::move(detail));
    change.subject = std::move(subject);
    return change;
}

[[nodiscard]] inline AuditEntry entry_of(const Peer& peer, Change change, UtcSeconds now) {
    AuditEntry entry;
    entry.at = now;
    entry.actor_uid = peer.uid;
    entry.actor_user = peer.user;
    entry.actor_pid = peer.pid;
    entry.actor_command = peer.command;
    entry.actor_unit = peer.unit;
    entry.event = std::move(change.event);
    entry.subject = std::move(change.subject);
    entry.connection = std::move(change.connection);
    entry.tenant = std::move(change.tenant);
    entry.detail = std::move(change.detail);
    entry.via = peer.on_control_socket ? "control" : "token";
    return entry;
}

/// Joins the transaction: entry and change become durable together, or neither does.
inline void record(Transaction& tx, const Peer& peer, Change what, UtcSeconds now) {
    tx.append_audit(entry_of(peer, std::move(what), now));
}

}  // namespace jeton::vault
