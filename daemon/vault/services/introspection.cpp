#include "daemon/vault/services/introspection.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"

namespace jeton::vault {

Result<std::optional<boost::json::object>> introspect_token(Transaction& tx, const Peer& peer,
                                                            std::string_view environment_name, std::string_view token,
                                                            UtcSeconds now) {
    const auto environment = environments::find(tx, environment_name);
    const bool may = environment && std::ranges::any_of(bindings_of(tx, peer, now), [&](const Binding& binding) {
                         return binding.kind == BindingKind::introspection && binding.environment == environment->id;
                     });
    if (!may) {
        return refuse(
            Errc::invalid_client, fmt::format("{} (uid {}) may not introspect here", peer.name(), peer.uid),
            fmt::format("ask the operator: jeton binding add --introspect ENVIRONMENT --user {}", peer.name()));
    }
    auto verified =
        verify_access_token(*environment, published_keys(tx, *environment, now), token, {now, tx.high_water()});
    if (!verified) return std::optional<boost::json::object>{};  // inactive
    auto connection = connections::by_client_id(tx, environment->id, verified->client_id);
    if (!connection || connection->state != ConnectionState::connected ||
        connection->token_generation != verified->generation) {
        return std::optional<boost::json::object>{};
    }
    auto members = std::move(verified->claims);
    members["active"] = true;
    members["token_type"] = "Bearer";
    members["connection"] = complete(tx, *std::move(connection)).name();
    return std::optional{std::move(members)};
}

}  // namespace jeton::vault
