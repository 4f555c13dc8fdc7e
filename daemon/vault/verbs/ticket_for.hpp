/// `ticket_for` in the body of a verb that makes a secret: it waits for somebody instead of going to the caller.
#pragma once

#include <optional>

#include "daemon/vault/services/tickets.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault::verbs {

/// User and life of the ticket that the body asks for; nothing where it asks for none. Refuses bad_input.
[[nodiscard]] Result<std::optional<NewTicket>> wanted_ticket(protocol::Fields& in);

/// Creates it; the answer shows its text, once. The caller has checked who may.
[[nodiscard]] Result<Outcome> hand_out_ticket(Call& call, const NewTicket& wanted);

}  // namespace jeton::vault::verbs
