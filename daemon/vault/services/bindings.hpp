/// Bindings: which local identity fetches tokens of which connections without a secret, or introspects an
/// environment's tokens.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct NewBinding {
    /// `APP/TENANT@ENVIRONMENT`, or `APP/*@ENVIRONMENT` for every tenant of the app there.
    std::optional<std::string> connection;
    std::optional<std::string> introspect;  ///< an environment; instead of a connection
    std::optional<std::string> app;         ///< introspect the tokens of this app alone
    std::optional<std::string> resource;    ///< introspect tokens for this audience alone (RFC 8707)
    Identity identity;                      ///< as the front resolved it
    bool is_default = false;
    bool allow_container = false;
    std::optional<std::chrono::seconds> life;  ///< absent: until it is removed
};

/// Refuses: not_found, already_exists, bad_input (no identity, an id of the range that systemd hands out and takes
/// back, a default that is no single connection, a container without a user), wrong_state (the identity has a default
/// in this environment already; introspection where jeton is not the issuer). An introspector may be limited to one
/// app, to one resource of the environment, or to both.
[[nodiscard]] Result<Binding> add_binding(Transaction& tx, const Peer& peer, const NewBinding& wanted, UtcSeconds now);

/// By id, or by a beginning of it of at least eight characters that no other binding has. Refuses: not_found.
[[nodiscard]] Result<Binding> remove_binding(Transaction& tx, const Peer& peer, std::string_view id, UtcSeconds now);

/// What keeps `binding` from holding for `peer`, one sentence each; empty = it holds.
[[nodiscard]] std::vector<std::string> lacks(const Binding& binding, const Peer& peer, UtcSeconds now);

/// The bindings that hold for `peer`, of any kind.
[[nodiscard]] std::vector<Binding> bindings_of(Transaction& tx, const Peer& peer, UtcSeconds now);

/// Whether `binding` is for `connection`: by itself, or by its pattern.
[[nodiscard]] bool is_for(const Binding& binding, const Connection& connection);

/// `APP/TENANT@ENVIRONMENT`, `APP/*@ENVIRONMENT`, or the environment that may be introspected with the limits: `ENV of
/// app APP for URI`. Throws Tampered.
[[nodiscard]] std::string target_of(Transaction& tx, const Binding& binding);

}  // namespace jeton::vault
