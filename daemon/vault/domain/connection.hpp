/// App × tenant × environment: where consent, client ID and secrets live.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

enum class ConnectionState { not_connected, connected, disabled };

[[nodiscard]] std::string_view name_of(ConnectionState state);
[[nodiscard]] std::optional<ConnectionState> connection_state(std::string_view name);

/// `listed → (Allow) connected ⇄ disabled`; `listed → (Decline) listed` (S19, S29, S46, S48).
struct Connection {
    ConnectionId id;
    AppId app;
    TenantId tenant;
    EnvironmentId environment;
    ConnectionState state = ConnectionState::not_connected;
    bool listed = true;                 ///< the developer lists the tenant on the app (S14)
    std::string note;                   ///< the developer's, beside the tenant ID
    std::string client_id;              ///< empty until allowed (local) or imported (upstream); stable afterwards (S18)
    std::int64_t accepted_version = 0;  ///< 0 until allowed
    std::string consent_source;         ///< `admin`, `portal`, `operator`; empty until allowed (S33)
    std::string consent_by;             ///< the user who decided
    std::string consent_on_behalf_of;   ///< where an operator decided for a tenant
    std::string consent_reason;         ///< the operator's reason, or the note of a recorded consent
    UtcSeconds consent_at{};
    UtcSeconds created_at{};
    /// Grows where tokens that were issued before must end at once (`rotate --now`); stands in each local token.
    std::int64_t token_generation = 0;
    // Either pause keeps the connection disabled; each is lifted by its own side.
    std::string tenant_pause_by;  ///< empty: the tenant's side has not paused it
    std::string tenant_pause_reason;
    UtcSeconds tenant_pause_at{};
    std::string operator_pause_by;  ///< empty: no operator has paused it
    std::string operator_pause_reason;
    UtcSeconds operator_pause_at{};
    std::vector<std::string> form_fields;  ///< upstream only: `NAME=VALUE`, sorted (domain/form_field)

    [[nodiscard]] bool is_paused() const { return !tenant_pause_by.empty() || !operator_pause_by.empty(); }
};

}  // namespace jeton::vault
