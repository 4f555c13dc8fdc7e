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
    for (const auto& users : {bindings::users(tx), pairs::users(tx), tickets::open_users(tx)})
        known.users.insert(users.begin(), users.end());
    for (const auto& binding : bindings::of_no_user(tx)) add(known, binding);
    for (const auto& pair : pairs::of_no_user(tx)) add(known, pair);
    for (const auto& grant : roles::list(tx)) add(known, grant);
    const auto container_users = bindings::container_users(tx);
    known.container_users.insert(container_users.begin(), container_users.end());
    return known;
}

}  // namespace jeton::vault
