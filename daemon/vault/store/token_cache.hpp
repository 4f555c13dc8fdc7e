/// Table `token_cache`: upstream tokens over a restart. No authority: no MAC; each value is sealed under its
/// environment's data key with all that the row says as associated data (services/kept_tokens). Throws StoreFault.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// For what a token was given: the key of the cache.
struct TokenKey {
    ConnectionId connection;
    SecretId secret;
    std::string scopes;    ///< asked for, sorted, with single blanks; empty = nothing was asked
    std::string resource;  ///< RFC 8707; empty = none

    /// One text for all of it; begins with the connection's id and a slash.
    [[nodiscard]] std::string text() const {
        return connection.text + "/" + secret.text + "/" + scopes + "/" + resource;
    }
    auto operator<=>(const TokenKey&) const = default;
};

struct KeptToken {
    TokenKey key;
    Bytes sealed;
    UtcSeconds expires_at{};  ///< in the store's time
};

namespace token_cache {

/// In the place of the one with the same key.
void put(Transaction& tx, const KeptToken& token);
void erase(Transaction& tx, const TokenKey& key);
void erase_connection(Transaction& tx, const ConnectionId& connection);
/// Those that have ended.
void erase_until(Transaction& tx, UtcSeconds now);
void erase_all(Transaction& tx);
[[nodiscard]] std::vector<KeptToken> of(Transaction& tx, const ConnectionId& connection);
/// In the order of their keys, the next `limit` after `key`; the first ones after an empty one.
[[nodiscard]] std::vector<KeptToken> after(Transaction& tx, const TokenKey& key, std::int64_t limit);

}  // namespace token_cache
}  // namespace jeton::vault
