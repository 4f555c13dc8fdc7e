#include "daemon/vault/services/known_callers.hpp"

#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/tickets.hpp"

namespace jeton::vault {
namespace {

void add(KnownCallers& known, const Identity& identity) {
    if (identity.uid >= 0) {
        known.users.insert(identity.uid);
    } else if (identity.gid >= 0) {
        known.groups.insert(identity.gid);
    } else if (!identity.unit.empty()) {
        known.units.insert(identity.unit);
    }
}

}  // namespace

KnownCallers known_callers(Transaction& tx) {
    KnownCallers known;
    for (const auto& binding : bindings::list(tx)) {
        add(known, binding);
        if (binding.allow_container && binding.uid >= 0) known.container_users.insert(binding.uid);
    }
    for (const auto& pair : pairs::list(tx)) {
        if (!pair.revoked) add(known, pair);
    }
    for (const auto& grant : roles::list(tx)) add(known, grant);
    for (const auto& ticket : tickets::list(tx)) {
        if (ticket.state == TicketState::open) known.users.insert(ticket.uid);
    }
    return known;
}

}  // namespace jeton::vault
