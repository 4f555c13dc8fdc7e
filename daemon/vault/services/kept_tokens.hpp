/// Upstream tokens over a restart: each sealed under its environment's data key, in a row that says for what it was
/// given and until when it lives. A row that was altered, moved or is of no use any more costs one request, never more.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/vault/services/upstream.hpp"
#include "daemon/vault/store/token_cache.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// Writes the token that is held for `key` into the store; nothing where none is. Throws StoreFault, Tampered.
void keep_token(Transaction& tx, UpstreamTokens& upstream, const TokenKey& key, const Clock& clock);

/// Something changed about this connection: its tokens are forgotten, in memory and in the store.
void drop_tokens(Transaction& tx, UpstreamTokens& upstream, const ConnectionId& connection);
/// All of them.
void drop_all_tokens(Transaction& tx, UpstreamTokens& upstream);

/// Takes the connection's rows into memory, once after the store was opened. A row that does not open, has ended or
/// whose connection, secret or clock is not what it was, is left out, and named in the log where it was altered.
void load_tokens(Transaction& tx, UpstreamTokens& upstream, const ConnectionId& connection, const Clock& clock);

/// How far the rows have been read, and under which data keys they were written. One for the process.
struct KeptWalk {
    std::string instance = {};  ///< of the store: another one holds other rows
    TokenKey after = {};
    bool done = false;
    std::map<EnvironmentId, std::int64_t> generations = {};  ///< of the data keys that were seen last
};

/// The same for all rows, while `has_time()`, at least for a few, until `walk` is done; those that are of no use are
/// erased. `walk` holds only if the transaction is committed.
void load_slice(Transaction& tx, UpstreamTokens& upstream, KeptWalk& walk, const std::function<bool()>& has_time,
                const Clock& clock);

/// Where an environment has another data key than at the last call, its tokens are written anew under it.
void follow_data_keys(Transaction& tx, UpstreamTokens& upstream, KeptWalk& walk, const Clock& clock);

}  // namespace jeton::vault
