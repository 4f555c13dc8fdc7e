/// The one row of table `state`: the counters, sealed, changed in the same transaction as what they count.
#pragma once

#include <optional>

#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/store/authority.hpp"
#include "daemon/vault/store/database.hpp"

namespace jeton::vault {

/// The content of the row.
[[nodiscard]] Bytes sealed_state(const RootKey& root, const Counters& counters);
void write_state(Database& database, Bytes sealed);
void write_state(Database& database, const RootKey& root, const Counters& counters);
/// Gives `root` what it inherits, too. Nothing where the row is missing, was altered, or belongs to another root key.
[[nodiscard]] std::optional<Counters> read_state(Database& database, RootKey& root);

}  // namespace jeton::vault
