/// Table `usage`: when a secret was last used and by whom. No authority: no MAC, believed for display only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// One user's use of one secret.
struct Usage {
    ConnectionId connection;
    std::string secret_prefix;  ///< empty = through a binding, without a secret
    std::int64_t uid = 0;
    std::string user;
    std::int64_t count = 1;
    UtcSeconds last_at{};
};

namespace usage {

/// Adds to the count, moves `last_at` forward. Throws StoreFault.
void add(Transaction& tx, const Usage& used);
/// Who used it last; `count` is that user's.
[[nodiscard]] std::optional<Usage> last_of(Transaction& tx, const ConnectionId& connection,
                                           std::string_view secret_prefix);
/// Who used the connection last, by whatever secret, pair or binding.
[[nodiscard]] std::optional<Usage> last_of_connection(Transaction& tx, const ConnectionId& connection);
/// Of a connection that is erased. Throws StoreFault.
void forget(Transaction& tx, const ConnectionId& connection);

}  // namespace usage
}  // namespace jeton::vault
