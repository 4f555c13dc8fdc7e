/// Table `tickets`: secrets that wait to be collected. Every finder verifies what it reads; throws Tampered,
/// StoreFault.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/vault/domain/ticket.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::tickets {

[[nodiscard]] std::optional<Ticket> get(Transaction& tx, const TicketId& id);
/// Oldest first, as `list`.
[[nodiscard]] std::vector<Ticket> of_connection(Transaction& tx, const ConnectionId& connection);
[[nodiscard]] std::vector<Ticket> list(Transaction& tx);
/// Neither claimed nor revoked, though they may have expired.
[[nodiscard]] std::vector<Ticket> open_of_uid(Transaction& tx, std::int64_t uid);
/// The users whom open tickets are for, each once. Not verified: for what decides about room alone.
[[nodiscard]] std::vector<std::int64_t> open_users(Transaction& tx);
/// The newest first, at most `limit`, in any state.
[[nodiscard]] std::vector<Ticket> newest(Transaction& tx, std::int64_t limit);
/// For a walk over the whole table: the next `limit` rows in the order of their ids, behind `id` (empty: from the
/// first).
[[nodiscard]] std::vector<Ticket> after(Transaction& tx, std::string_view id, std::int64_t limit);

}  // namespace jeton::vault::tickets
