/// A ticket lets one user collect one new client secret, once (S31): the secret is made when it is claimed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

enum class TicketState { open, claimed, revoked };
/// What the claim does.
enum class TicketAct { generate, rotate };

[[nodiscard]] std::string_view name_of(TicketState state);
[[nodiscard]] std::optional<TicketState> ticket_state(std::string_view name);
[[nodiscard]] std::string_view name_of(TicketAct act);
[[nodiscard]] std::optional<TicketAct> ticket_act(std::string_view name);

struct Ticket {
    TicketId id;
    ConnectionId connection;
    Bytes sealed;      ///< verifier of the ticket's text, sealed under the environment's data key
    std::string user;  ///< for whom: by name and id
    std::int64_t uid = -1;
    TicketAct act = TicketAct::generate;
    std::int64_t overlap = 0;  ///< seconds; of `rotate`
    TicketState state = TicketState::open;
    UtcSeconds expires_at{};
    UtcSeconds created_at{};
    std::string created_by;
    std::optional<UtcSeconds> claimed_at;
    std::int64_t key_generation = 1;  ///< of the data key that `sealed` is under

    [[nodiscard]] bool is_expired(UtcSeconds now) const { return now >= expires_at; }
};

}  // namespace jeton::vault
