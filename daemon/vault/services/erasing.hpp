/// What dies with a connection.
#pragma once

#include <cstdint>

#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// How many rows went.
struct ErasedRows {
    std::int64_t connections = 0;
    std::int64_t secrets = 0;
    std::int64_t client_keys = 0;
    std::int64_t pairs = 0;
    std::int64_t tickets = 0;
    std::int64_t bindings = 0;
};

/// Erases the connection, its secrets, client keys, local pairs, tickets, bindings and usage, and adds to `erased`. The
/// caller records it.
void erase_connection(Transaction& tx, const Connection& connection, ErasedRows& erased);

}  // namespace jeton::vault
