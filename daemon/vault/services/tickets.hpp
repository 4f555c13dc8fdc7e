/// Tickets: a new client secret waits for one user of this host, who collects it once (S31). It is made when it is
/// claimed, so that nothing secret lies about before.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/ticket.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/secrets.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

inline constexpr std::chrono::hours usual_ticket_life{24};
inline constexpr std::chrono::seconds ticket_life_least{60};
inline constexpr std::chrono::hours ticket_life_max{24 * 7};

struct NewTicket {
    ConnectionName connection;
    std::string user;  ///< as the front resolved it
    std::int64_t uid = -1;
    TicketAct act = TicketAct::generate;
    std::chrono::seconds overlap{0};  ///< of `rotate`: see `rotate_secret`
    std::chrono::seconds life{usual_ticket_life};
};

struct CreatedTicket {
    FoundConnection found;
    Ticket ticket;
    SecretText text;  ///< `jtk.` and 25 characters; shown once, and nothing without its user
};

/// Refuses what `generate_secret` or `rotate_secret` would refuse now, and bad_input (a user that is nobody, a life
/// that is none).
[[nodiscard]] Result<CreatedTicket> create_ticket(Transaction& tx, const Peer& peer, const NewTicket& wanted,
                                                  UtcSeconds now);

/// What the user of a ticket gets.
struct ClaimedTicket {
    FoundConnection found;
    GeneratedSecret generated;
};

/// Makes the secret for the attested user of an open ticket, as of now. One refusal, `forbidden`, for a text that is no
/// ticket, another user's, expired, revoked or claimed before; `operator_note` tells which. The ticket stays open where
/// its connection is not fit: wrong_state (not connected, two active secrets).
[[nodiscard]] Result<ClaimedTicket> claim_ticket(Transaction& tx, const Peer& peer, std::string_view text,
                                                 UtcSeconds now);

/// Refuses: wrong_state (not open any more, and why).
[[nodiscard]] Result<void> revoke_ticket(Transaction& tx, const Peer& peer, const FoundConnection& found,
                                         Ticket& ticket, UtcSeconds now);

/// `open`, `claimed`, `revoked` or `expired` at `now`.
[[nodiscard]] std::string_view state_of(const Ticket& ticket, UtcSeconds now);

/// Whether `text` is this ticket's, in constant time. Says nothing of its state. Throws Tampered.
[[nodiscard]] bool is_text_of(Transaction& tx, const Environment& environment, const Ticket& ticket,
                              std::string_view text);

}  // namespace jeton::vault
