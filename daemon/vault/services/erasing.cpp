#include "daemon/vault/services/erasing.hpp"

#include <vector>

#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/domain/client_key.hpp"
#include "daemon/vault/domain/pair.hpp"
#include "daemon/vault/domain/revoked_token.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/domain/ticket.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/client_keys.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/revoked_tokens.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/tickets.hpp"
#include "daemon/vault/store/usage.hpp"
#include "daemon/vault/store/used_assertions.hpp"

namespace jeton::vault {
namespace {

template <class Row>
std::int64_t erase_all(Transaction& tx, const std::vector<Row>& rows) {
    for (const auto& row : rows) tx.erase(row);
    return static_cast<std::int64_t>(rows.size());
}

}  // namespace

void erase_connection(Transaction& tx, const Connection& connection, ErasedRows& erased) {
    erased.secrets += erase_all(tx, secrets::of(tx, connection.id));
    erased.client_keys += erase_all(tx, client_keys::of(tx, connection.id));
    erased.pairs += erase_all(tx, pairs::of_connection(tx, connection.id));
    erased.tickets += erase_all(tx, tickets::of_connection(tx, connection.id));
    erased.bindings += erase_all(tx, bindings::of_connection(tx, connection.id));
    erase_all(tx, revoked_tokens::of_connection(tx, connection.id));
    usage::forget(tx, connection.id);
    used_assertions::forget(tx, connection.id);
    tx.erase(connection);
    ++erased.connections;
}

}  // namespace jeton::vault
