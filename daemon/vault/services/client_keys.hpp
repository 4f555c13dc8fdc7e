/// Public keys of clients: registered, listed, removed (RFC 7523 §2.2; T-18, T-21).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/client_key.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// Registers a public key as PEM or JWK beside what there is; a third active one is refused. Refuses: not_found,
/// wrong_state (not connected, no client ID yet, two active), bad_input (issuer/public_key: a private key above all),
/// already_exists. One that has expired and is given again takes the place of the expired row.
[[nodiscard]] Result<ClientKey> add_client_key(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                               std::string_view pem_or_jwk, std::optional<std::chrono::seconds> life,
                                               UtcSeconds now);

/// Its assertions are refused from now on. Refuses: not_found.
[[nodiscard]] Result<ClientKey> remove_client_key(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                  std::string_view kid, UtcSeconds now);

/// Those whose assertions are taken, oldest first, judged by the latest time that the store has seen (T48).
[[nodiscard]] std::vector<ClientKey> active_client_keys(Transaction& tx, const ConnectionId& connection);

/// "active" or "expired".
[[nodiscard]] std::string_view state_of(const ClientKey& key, UtcSeconds now);

/// The `aud` of assertions for a connection of this environment: the issuer, where jeton is the authorization server;
/// else a name of jeton's own, for what is meant for the portal's endpoint is not to be shown here, nor the other way
/// round (draft-ietf-oauth-rfc7523bis).
[[nodiscard]] std::string assertion_audience(const Environment& environment);

}  // namespace jeton::vault
