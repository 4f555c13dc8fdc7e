/// Table `used_assertions`: the client assertions that were shown, until nobody would take them any more. Rows without
/// authority (docs/database.md): a missing one lets an assertion be shown once more, to somebody who caught it in its
/// short life; none of them lets in anybody who has no key. Throws StoreFault.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::used_assertions {

/// False where `jti` of this connection stands there already; else it does from now on, with the commit durably.
[[nodiscard]] bool add(Transaction& tx, const ConnectionId& connection, std::string_view jti, UtcSeconds expires_at);
/// One that was shown.
struct UsedAssertion {
    ConnectionId connection;
    std::string jti;
    UtcSeconds expires_at{};
};
/// All of them: for a store that takes the place of this one.
[[nodiscard]] std::vector<UsedAssertion> list(Transaction& tx);
[[nodiscard]] std::int64_t count(Transaction& tx, const ConnectionId& connection);
/// Those that expired at `until` or before.
void erase_until(Transaction& tx, UtcSeconds until);
void forget(Transaction& tx, const ConnectionId& connection);

}  // namespace jeton::vault::used_assertions
