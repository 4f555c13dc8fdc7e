/// What putting a backup in the place of a store changes: what would be valid again, and what would be lost.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// `revived`: was taken away, paused or went out of use since the backup, and would hold again: what to look at twice.
/// `lost`: came or changed since the backup, and would be as it was then.
enum class Effect { revived, lost };

[[nodiscard]] std::string_view name_of(Effect effect);

struct Difference {
    Effect effect = Effect::lost;
    std::string kind;    ///< "secret", "binding", "role" …
    std::string name;    ///< as people type or see it; never a secret
    std::string detail;  ///< how it is now and how it would be
};

/// By effect, `revived` first, then by kind from the environment down. Reads all of both stores.
/// Throws Tampered, StoreFault.
[[nodiscard]] std::vector<Difference> compare(Transaction& present, Transaction& backup, UtcSeconds now);

}  // namespace jeton::vault
