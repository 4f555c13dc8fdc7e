#include "daemon/vault/services/introspection.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/revoked_tokens.hpp"

namespace jeton::vault {
namespace {

/// RFC 7519 §4.1.3: one audience as a text, several as an array.
bool is_for_audience(const boost::json::object& claims, const std::string& resource) {
    const auto* audience = claims.if_contains("aud");
    if (audience == nullptr) return false;
    const auto is_it = [&](const boost::json::value& one) { return one.is_string() && one.get_string() == resource; };
    if (const auto* several = audience->if_array()) return std::ranges::any_of(*several, is_it);
    return is_it(*audience);
}

/// Whether the introspector that is bound by `binding` is told of a token that is active.
bool shows(const Binding& binding, const Connection& connection, const boost::json::object& claims) {
    if (!binding.app.text.empty() && binding.app != connection.app) return false;
    return binding.resource.empty() || is_for_audience(claims, binding.resource);
}

}  // namespace

Result<std::optional<boost::json::object>> introspect_token(Transaction& tx, const Peer& peer,
                                                            std::string_view environment_name, std::string_view token,
                                                            UtcSeconds now) {
    const auto environment = environments::find(tx, environment_name);
    auto holding = environment ? bindings::introspectors(tx, environment->id) : std::vector<Binding>{};
    std::erase_if(holding,
                  [&, at = judged_at(tx, now)](const Binding& binding) { return !lacks(binding, peer, at).empty(); });
    if (holding.empty()) {
        return refuse(
            Errc::invalid_client,
            fmt::format("no binding lets {} (uid {}) introspect tokens of this environment", peer.name(), peer.uid),
            fmt::format("ask the operator: jeton binding add --introspect {} --user {}",
                        check_environment_name(environment_name) ? environment_name : "ENVIRONMENT", peer.name()));
    }
    auto verified =
        verify_access_token(*environment, published_keys(tx, *environment, now), token, {now, tx.high_water()});
    if (!verified) return std::optional<boost::json::object>{};  // inactive
    auto connection = connections::by_client_id(tx, environment->id, verified->client_id);
    if (!connection || connection->state != ConnectionState::connected ||
        connection->token_generation != verified->generation || revoked_tokens::get(tx, verified->id)) {
        return std::optional<boost::json::object>{};
    }
    const bool is_theirs = std::ranges::any_of(
        holding, [&](const Binding& binding) { return shows(binding, *connection, verified->claims); });
    if (!is_theirs) return std::optional<boost::json::object>{};
    auto members = std::move(verified->claims);
    members["active"] = true;
    members["token_type"] = "Bearer";
    members["connection"] = complete(tx, *std::move(connection)).name();
    return std::optional{std::move(members)};
}

}  // namespace jeton::vault
