/// Table `pairs`: local pairs of programs. Every finder verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/pair.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::pairs {

[[nodiscard]] std::optional<Pair> by_client_id(Transaction& tx, std::string_view client_id);
/// Oldest first, as the others.
[[nodiscard]] std::vector<Pair> of_connection(Transaction& tx, const ConnectionId& connection);
[[nodiscard]] std::vector<Pair> by_prefix(Transaction& tx, std::string_view prefix);
[[nodiscard]] std::vector<Pair> list(Transaction& tx);
/// How many there are; costs nothing.
[[nodiscard]] std::size_t count(Transaction& tx);
/// Those that are not revoked and name no user.
[[nodiscard]] std::vector<Pair> of_no_user(Transaction& tx);
/// The users that pairs name which are not revoked, each once. Not verified: for what decides about room alone.
[[nodiscard]] std::vector<std::int64_t> users(Transaction& tx);
/// Whether any pair that is not revoked asks for a group, or for a unit.
[[nodiscard]] bool any_for_group(Transaction& tx);
[[nodiscard]] bool any_for_unit(Transaction& tx);
/// For a walk over the whole table: the next `limit` rows in the order of their ids, behind `id` (empty: from the
/// first).
[[nodiscard]] std::vector<Pair> after(Transaction& tx, std::string_view id, std::int64_t limit);

/// Those that end behind `after` and not behind `last` and are not revoked. Not verified: for what is shown.
[[nodiscard]] std::int64_t count_ending(Transaction& tx, UtcSeconds after, UtcSeconds last);

}  // namespace jeton::vault::pairs
