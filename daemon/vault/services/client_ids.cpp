#include "daemon/vault/services/client_ids.hpp"

#include <utility>

#include <fmt/format.h>

#include "daemon/vault/store/connections.hpp"

namespace jeton::vault {

bool may_share_client_id(const Connection& one, const Connection& other) {
    return one.app == other.app && one.environment == other.environment && !one.form_fields.empty() &&
           !other.form_fields.empty() && one.form_fields != other.form_fields;
}

Result<void> check_client_id(Transaction& tx, const FoundConnection& found) {
    const auto& connection = found.connection;
    for (auto& owner : connections::of_client_id(tx, connection.environment, connection.client_id)) {
        if (owner.id == connection.id || may_share_client_id(connection, owner)) continue;
        auto refusal = refuse(Errc::already_exists, "this client ID belongs to another connection",
                              "each tenant needs its own pair: ask the tenant's admin for theirs; whose this one is: "
                              "jeton connection show --client-id ID; " +
                                  how_to_share());
        refusal.operator_note = fmt::format("the client ID is the one of {}", complete(tx, std::move(owner)).name());
        return refusal;
    }
    return {};
}

std::string how_to_share() {
    return "where one pair serves a network of tenants, each of its connections needs a form field that tells it from "
           "the others: --form-field NAME=VALUE";
}

}  // namespace jeton::vault
