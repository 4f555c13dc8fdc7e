/// Whom the store knows: what the front needs to tell strangers from callers with something to do here.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// Users, groups and units for which there is a binding, a pair, a role or an open ticket. Whoever meets one of several
/// conditions counts as known: this decides about room, never about access (T18).
struct KnownCallers {
    std::set<std::int64_t> users;
    std::set<std::int64_t> groups;           ///< only where no user is named with them
    std::set<std::string> units;             ///< only where neither user nor group is
    std::set<std::int64_t> container_users;  ///< of those bindings that hold in another PID namespace, too

    friend bool operator==(const KnownCallers&, const KnownCallers&) = default;
};

/// Throws Tampered, StoreFault.
[[nodiscard]] KnownCallers known_callers(Transaction& tx);

}  // namespace jeton::vault
