#include "daemon/vault/services/tickets.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/domain/identity.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/rotation.hpp"
#include "daemon/vault/services/sealing.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/tickets.hpp"

namespace jeton::vault {
namespace {

/// A stranger may try texts as he likes: so many tickets are looked through to tell the operator what it was.
constexpr std::int64_t explained_limit = 200;

Identity holder_of(const Ticket& ticket) {
    Identity holder;
    holder.user = ticket.user;
    holder.uid = ticket.uid;
    return holder;
}

Result<void> check_fit(Transaction& tx, const FoundConnection& found, TicketAct act, std::chrono::seconds overlap) {
    return act == TicketAct::generate ? check_generation(tx, found) : check_rotation(tx, found, overlap);
}

Error not_open(std::string note) {
    auto refusal = refuse(Errc::forbidden, "this ticket is not open for you",
                          "ask who gave it to you for another one: jeton ticket list tells them what became of it");
    refusal.operator_note = std::move(note);
    return refusal;
}

/// What a text is that opens nothing, for the operator alone.
std::string explanation_of(Transaction& tx, const Peer& peer, std::string_view text, UtcSeconds at) {
    if (!has_valid_checksum(text)) return "the text is no ticket";
    for (const auto& ticket : tickets::newest(tx, explained_limit)) {
        const auto found = connection_with(tx, ticket.connection);
        if (!is_text_of(tx, found.environment, ticket, text)) continue;
        const auto named = fmt::format("ticket {} of {} for {}", ticket.id.brief(), found.name(), ticket.user);
        if (ticket.state == TicketState::claimed) {
            return fmt::format("second claim: {} was claimed at {}", named,
                               rfc3339(ticket.claimed_at.value_or(ticket.created_at)));
        }
        if (const auto missing = lacks(holder_of(ticket), peer); !missing.empty()) {
            return fmt::format("{}: {}", named, missing.front());
        }
        return fmt::format("{} is {}", named, state_of(ticket, at));
    }
    return "no ticket has this text";
}

std::optional<Ticket> open_ticket(Transaction& tx, const Peer& peer, std::string_view text, UtcSeconds at) {
    for (auto& ticket : tickets::open_of_uid(tx, peer.uid)) {
        if (ticket.is_expired(at) || !lacks(holder_of(ticket), peer).empty()) continue;
        if (is_text_of(tx, connection_with(tx, ticket.connection).environment, ticket, text)) return std::move(ticket);
    }
    return std::nullopt;
}

AuditEntry entry_about(const Peer& peer, const FoundConnection& found, const Ticket& ticket, std::string event,
                       UtcSeconds now) {
    return entry_of(peer,
                    about(found, "ticket " + ticket.id.brief(), std::move(event),
                          fmt::format("{} for {}", name_of(ticket.act), ticket.user)),
                    now);
}

}  // namespace

bool is_text_of(Transaction& tx, const Environment& environment, const Ticket& ticket, std::string_view text) {
    const auto place = place_of(ticket, environment);
    return check_verifier(tx.data_key(environment, place), place, ticket.sealed, text);
}

std::string_view state_of(const Ticket& ticket, UtcSeconds now) {
    return ticket.state == TicketState::open && ticket.is_expired(now) ? "expired" : name_of(ticket.state);
}

Result<CreatedTicket> create_ticket(Transaction& tx, const Peer& peer, const NewTicket& wanted, UtcSeconds now) {
    auto found = find_connection(tx, wanted.connection);
    if (!found) return found.error();
    if (auto fit = check_fit(tx, *found, wanted.act, wanted.overlap); !fit) return fit.error();
    if (wanted.life < ticket_life_least || wanted.life > ticket_life_max) {
        return refuse(Errc::bad_input, "a ticket lives from a minute to a week", "give --expires 1m to 7d");
    }
    Ticket ticket;
    ticket.user = wanted.user;
    ticket.uid = wanted.uid;
    if (auto holder = check_identity(holder_of(ticket)); !holder) return holder.error();
    auto text = generate_ticket();
    ticket.id = TicketId::fresh();
    ticket.connection = found->connection.id;
    ticket.key_generation = found->environment.key_generation;
    ticket.sealed = make_verifier(tx.data_key(found->environment), place_of(ticket, found->environment), text.reveal());
    ticket.act = wanted.act;
    ticket.overlap = wanted.overlap.count();
    ticket.expires_at = end_after(tx, now, wanted.life);
    ticket.created_at = now;
    ticket.created_by = peer.name();
    tx.insert(ticket);
    tx.append_audit(entry_about(peer, *found, ticket, "ticket.created", now));
    return CreatedTicket{*std::move(found), std::move(ticket), std::move(text)};
}

Result<ClaimedTicket> claim_ticket(Transaction& tx, const Peer& peer, std::string_view text, UtcSeconds now) {
    text = trim(text);
    const auto at = tx.high_water();
    if (peer.foreign) return not_open("claimed from another PID namespace (a container)");
    auto ticket = open_ticket(tx, peer, text, at);
    if (!ticket) return not_open(explanation_of(tx, peer, text, at));
    auto found = connection_with(tx, ticket->connection);
    const std::chrono::seconds overlap{ticket->overlap};
    if (auto fit = check_fit(tx, found, ticket->act, overlap); !fit) return fit.error();
    ticket->state = TicketState::claimed;
    ticket->claimed_at = now;
    tx.update(*ticket);
    tx.append_audit(entry_about(peer, found, *ticket, "ticket.claimed", now));
    auto via = "ticket " + ticket->id.brief();
    auto generated = ticket->act == TicketAct::generate
                         ? add_generated_secret(tx, peer, found, now, std::move(via))
                         : add_rotated_secret(tx, peer, found, overlap, now, std::move(via)).fresh;
    return ClaimedTicket{std::move(found), std::move(generated)};
}

Result<void> revoke_ticket(Transaction& tx, const Peer& peer, const FoundConnection& found, Ticket& ticket,
                           UtcSeconds now) {
    if (const auto state = state_of(ticket, tx.high_water()); state != name_of(TicketState::open)) {
        return refuse(Errc::wrong_state, fmt::format("ticket {} is {}", ticket.id.brief(), state),
                      ticket.state == TicketState::claimed
                          ? fmt::format("its secret can be ended: jeton secret list {}", found.name())
                          : fmt::format("jeton ticket list {}", found.name()));
    }
    ticket.state = TicketState::revoked;
    tx.update(ticket);
    tx.append_audit(entry_about(peer, found, ticket, "ticket.revoked", now));
    return {};
}

}  // namespace jeton::vault
