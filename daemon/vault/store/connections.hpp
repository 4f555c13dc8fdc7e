/// Table `connections`: app × tenant × environment. Every finder verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::connections {

[[nodiscard]] std::optional<Connection> find(Transaction& tx, const AppId& app, const TenantId& tenant);
[[nodiscard]] std::optional<Connection> get(Transaction& tx, const ConnectionId& id);
/// For a local environment, where a client ID is one connection's. The empty one finds nothing, here and below.
[[nodiscard]] std::optional<Connection> by_client_id(Transaction& tx, const EnvironmentId& environment,
                                                     std::string_view client_id);
/// Those of one environment follow each other, in the order in which they were made. There may be several in an
/// upstream environment (services/client_ids.hpp).
[[nodiscard]] std::vector<Connection> of_client_id(Transaction& tx, std::string_view client_id);
[[nodiscard]] std::vector<Connection> of_client_id(Transaction& tx, const EnvironmentId& environment,
                                                   std::string_view client_id);
/// Lists in the order in which the connections were made.
[[nodiscard]] std::vector<Connection> of_app(Transaction& tx, const AppId& app);
/// In the order of tenant and environment by their names, those behind `tenant` and `environment`, at most `limit`.
[[nodiscard]] std::vector<Connection> of_app_behind(Transaction& tx, const AppId& app, std::string_view tenant,
                                                    std::string_view environment, std::int64_t limit);
[[nodiscard]] std::vector<Connection> of_tenant(Transaction& tx, const TenantId& tenant);
[[nodiscard]] std::vector<Connection> of_environment(Transaction& tx, const EnvironmentId& environment);
[[nodiscard]] std::vector<Connection> list(Transaction& tx);
/// Throws Tampered where a row was taken away or put in.
void check_complete(Transaction& tx);
/// All local tokens that were issued so far end: where an older store takes the place of a newer one, its epoch is
/// above both before this is called, and a generation never exceeds the epoch in which it was given. So they stay void
/// whichever of both issued them, and what was revoked in the newer one stays revoked.
void void_tokens(Transaction& tx);
/// Of one environment, in that state. Not verified: for what is shown.
[[nodiscard]] std::int64_t count(Transaction& tx, const EnvironmentId& environment, ConnectionState state);
/// Of one environment, in no particular order. Not verified: for what is shown.
void each_id(Transaction& tx, const EnvironmentId& environment, const std::function<void(const std::string&)>& visit);
/// Of one app, of one environment; counts rows without reading them.
[[nodiscard]] std::int64_t count(Transaction& tx, const AppId& app);
[[nodiscard]] std::int64_t count(Transaction& tx, const EnvironmentId& environment);

}  // namespace jeton::vault::connections
