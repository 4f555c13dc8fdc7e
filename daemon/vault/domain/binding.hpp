/// Lets a local identity fetch tokens of a connection without a secret, or introspect an environment's tokens.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/domain/identity.hpp"

namespace jeton::vault {

enum class BindingKind {
    connection,
    pattern,  ///< `APP/*@ENVIRONMENT`: every tenant of the app there, also those that come later
    introspection,
};

[[nodiscard]] std::string_view name_of(BindingKind kind);
[[nodiscard]] std::optional<BindingKind> binding_kind(std::string_view name);

struct Binding : Identity {
    BindingId id;
    BindingKind kind = BindingKind::connection;
    ConnectionId connection;       ///< `connection` only
    AppId app;                     ///< of a pattern; of an introspector that sees this app's tokens alone
    EnvironmentId environment;     ///< of any kind
    std::string resource;          ///< of an introspector that sees tokens for this audience alone (RFC 8707)
    bool is_default = false;       ///< chosen where a request names no connection; never a pattern
    bool allow_container = false;  ///< holds for peers of another PID namespace too
    std::optional<UtcSeconds> expires_at;
    UtcSeconds created_at{};

    [[nodiscard]] bool is_expired(UtcSeconds now) const { return expires_at && now >= *expires_at; }
};

}  // namespace jeton::vault
