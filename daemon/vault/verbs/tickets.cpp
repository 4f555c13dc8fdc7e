// Verbs: ticket.list, ticket.revoke, ticket.claim
#include "daemon/vault/services/tickets.hpp"

#include <fmt/format.h>

#include "daemon/vault/store/tickets.hpp"
#include "daemon/vault/verbs/identity_of.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/ticket_for.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

struct SeenTicket {
    Ticket ticket;
    FoundConnection found;
};

/// Those of the connections that the peer sees, or of one of them.
Result<std::vector<SeenTicket>> seen_tickets(Call& call, const std::optional<std::string>& connection) {
    std::vector<SeenTicket> seen;
    if (connection) {
        const auto name = parse_connection_name(*connection);
        if (!name) return name.error();
        const auto found = find_visible(call.tx, call.standing, *name);
        if (!found) return found.error();
        for (auto& ticket : tickets::of_connection(call.tx, found->connection.id)) {
            seen.push_back({std::move(ticket), *found});
        }
        return seen;
    }
    for (auto& ticket : tickets::list(call.tx)) {
        auto found = connection_with(call.tx, ticket.connection);
        if (call.standing.sees(found.connection)) seen.push_back({std::move(ticket), std::move(found)});
    }
    return seen;
}

Result<SeenTicket> find_ticket(Call& call, std::string_view id) {
    auto seen = seen_tickets(call, {});
    if (!seen) return seen.error();
    std::erase_if(*seen, [&](const SeenTicket& row) { return !row.ticket.id.text.starts_with(id); });
    // What was typed is not repeated: it may be the ticket itself.
    if (seen->size() != 1 || id.size() < TicketId::brief_size) {
        return refuse(Errc::not_found, "no ticket has this id", "jeton ticket list");
    }
    return std::move(seen->front());
}

json::object view_of(const SeenTicket& row, UtcSeconds at) {
    const auto& ticket = row.ticket;
    return {{"id", ticket.id.text},
            {"connection", row.found.name()},
            {"for", ticket.user},
            {"act", name_of(ticket.act)},
            {"state", state_of(ticket, at)},
            {"created_at", rfc3339(ticket.created_at)},
            {"created_by", ticket.created_by},
            {"expires_at", rfc3339(ticket.expires_at)},
            {"claimed_at", time_or_null(ticket.claimed_at)}};
}

}  // namespace

Result<std::optional<NewTicket>> wanted_ticket(protocol::Fields& in) {
    auto user = in.optional_text("ticket_for");
    const auto uid = in.optional_integer("ticket_for_id", 0, id_max);
    const auto life =
        in.optional_integer("expires_in", ticket_life_least.count(), std::chrono::seconds{ticket_life_max}.count());
    if (!user && (uid || life)) return bad_body("\"ticket_for_id\" and \"expires_in\" belong to \"ticket_for\"");
    if (!user) return std::optional<NewTicket>{};
    if (!uid) return bad_body("member \"ticket_for_id\" is missing");
    NewTicket wanted;
    wanted.user = *std::move(user);
    wanted.uid = *uid;
    if (life) wanted.life = std::chrono::seconds{*life};
    return std::optional{std::move(wanted)};
}

Result<Outcome> hand_out_ticket(Call& call, const NewTicket& wanted) {
    const auto created = create_ticket(call.tx, call.peer, wanted, call.now());
    if (!created) return created.error();
    const auto& ticket = created->ticket;
    json::object answer(protocol::wiped_storage());
    answer["connection"] = created->found.name();
    answer["client_id"] = created->found.connection.client_id;
    answer["ticket"] = secret_string(created->text);
    answer["id"] = ticket.id.text;
    answer["for"] = ticket.user;
    answer["expires_at"] = rfc3339(ticket.expires_at);
    answer["message"] = fmt::format(
        "Nothing was made yet: user {} collects the client secret, once, with jeton ticket claim. The ticket is worth "
        "nothing to anybody else, and can be taken back until then: jeton ticket revoke {}",
        ticket.user, ticket.id.brief());
    return done(std::move(answer));
}

Result<Outcome> ticket_list(Call& call) {
    protocol::Fields in{call.body};
    const auto connection = in.optional_text("connection");
    const auto page = Page::read(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto rows = seen_tickets(call, connection);
    if (!rows) return rows.error();
    return page_of(
        *std::move(rows), page,
        [](const SeenTicket& row) { return rfc3339(row.ticket.created_at) + " " + row.ticket.id.text; },
        [at = call.tx.high_water()](const SeenTicket& row) { return view_of(row, at); });
}

Result<Outcome> ticket_revoke(Call& call) {
    protocol::Fields in{call.body};
    const auto id = in.text("ticket");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto row = find_ticket(call, id);
    if (!row) return row.error();
    if (auto may = may_configure(call.standing, row->found); !may) return may.error();
    if (auto revoked = revoke_ticket(call.tx, call.peer, row->found, row->ticket, call.now()); !revoked) {
        return revoked.error();
    }
    return done({{"id", row->ticket.id.text},
                 {"state", name_of(row->ticket.state)},
                 {"message", fmt::format("The ticket for {} opens nothing any more; no secret was made with it.",
                                         row->ticket.user)}});
}

Result<Outcome> ticket_claim(Call& call) {
    protocol::Fields in{call.body};
    const auto text = in.secret("ticket");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto claimed = claim_ticket(call.tx, call.peer, text, call.now());
    if (!claimed) return claimed.error();
    const auto& found = claimed->found;
    // What the forms of other services ask for, and no more (S21).
    json::object answer(protocol::wiped_storage());
    answer["connection"] = found.name();
    answer["tenant"] = found.tenant.tenant;
    answer["environment"] = found.environment.name;
    answer["client_id"] = found.connection.client_id;
    answer["client_secret"] = secret_string(claimed->generated.value);
    answer["app_key"] = text_or_null(found.app.app_key);
    answer["prefix"] = claimed->generated.secret.prefix;
    answer["created_at"] = rfc3339(claimed->generated.secret.created_at);
    return done(std::move(answer));
}

}  // namespace jeton::vault::verbs
