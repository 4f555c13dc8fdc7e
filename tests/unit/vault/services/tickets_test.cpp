#include "daemon/vault/services/tickets.hpp"

#include <set>

#include "daemon/vault/services/rotation.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/tickets.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string local = "dispatcher/1@integration";

struct HandOff : Office {
    HandOff() { connected(local); }

    Result<CreatedTicket> create(TicketAct act = TicketAct::generate, std::chrono::seconds overlap = 0s) {
        NewTicket wanted;
        wanted.connection = connection(local);
        wanted.user = worker.user;
        wanted.uid = worker.uid;
        wanted.act = act;
        wanted.overlap = overlap;
        return run([&](Transaction& tx) { return create_ticket(tx, admin, wanted, clock.now()); });
    }
    std::string ticket(TicketAct act = TicketAct::generate, std::chrono::seconds overlap = 0s) {
        const auto created = create(act, overlap);
        REQUIRE(created);
        last = created->ticket;
        return std::string{created->text.reveal()};
    }
    Result<json::value> claim(const Peer& peer, std::string_view text) {
        return ask(peer, "ticket.claim", {{"ticket", text}});
    }
    /// The refusal that tells nothing; gives back what the operator is told.
    std::string note_of_refused_claim(const Peer& peer, std::string_view text) {
        const auto refused = claim(peer, text);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::forbidden);
        CHECK(refused.error().what == "this ticket is not open for you");
        CHECK(refused.error().next ==
              "ask who gave it to you for another one: jeton ticket list tells them what became of it");
        return refused.error().operator_note;
    }
    std::string named() const { return "ticket " + last.id.brief() + " of " + local + " for worker"; }
    std::size_t count_secrets() {
        return run([&](Transaction& tx) {
                   return secrets::of(tx, find_connection(tx, connection(local))->connection.id);
               })
            .size();
    }
    std::string state(const Peer& peer) {
        return text_at(ask(peer, "ticket.list", {{"connection", local}})->as_array().at(0), "state");
    }

    Ticket last;
};

}  // namespace

TEST_CASE("S31 ticket: the secret is made when its user claims it, and works") {
    HandOff world;
    const auto text = world.ticket();
    CHECK(text.size() == 4 + 25);
    CHECK(has_valid_checksum(text));
    CHECK(world.count_secrets() == 0);
    const auto claimed = world.claim(world.worker, " " + text + "\n");
    REQUIRE(claimed);
    CHECK(world.count_secrets() == 1);
    CHECK(world.accepts(text_at(*claimed, "client_id"), text_at(*claimed, "client_secret")));
    CHECK(world.state(world.admin) == "claimed");
}

TEST_CASE("S21 ticket: the claim gives what forms of other services ask for, and no more") {
    HandOff world;
    const auto claimed = world.claim(world.worker, world.ticket());
    REQUIRE(claimed);
    std::set<std::string> members;
    for (const auto& member : claimed->as_object()) members.emplace(member.key());
    CHECK(members == std::set<std::string>{"connection", "tenant", "environment", "client_id", "client_secret",
                                           "app_key", "prefix", "created_at"});
    CHECK(text_at(*claimed, "tenant") == "1");
    CHECK(text_at(*claimed, "environment") == "integration");
    CHECK(text_at(*claimed, "client_id") == world.row(local).client_id);
    CHECK(text_at(*claimed, "app_key").starts_with("jak."));
}

TEST_CASE("S31 ticket: whoever is not its user, and whatever is no open ticket, gets one and the same refusal") {
    HandOff world;
    const auto text = world.ticket();
    SUBCASE("another user") {
        CHECK(world.note_of_refused_claim(world.developer, text) == world.named() + ": its user is dora, not worker");
    }
    SUBCASE("root") {
        CHECK(world.note_of_refused_claim(world.operator_peer, text) ==
              world.named() + ": its user is root, not worker");
    }
    SUBCASE("a user whose name belonged to another uid") {
        CHECK(world.note_of_refused_claim(Office::person(2000, "heir"), text) ==
              world.named() + ": uid 2000 is called heir now, not worker");
    }
    SUBCASE("a peer of another PID namespace") {
        auto guest = world.worker;
        guest.foreign = true;
        CHECK(world.note_of_refused_claim(guest, text) == "claimed from another PID namespace (a container)");
    }
    SUBCASE("no ticket at all") {
        CHECK(world.note_of_refused_claim(world.worker, "jtk.0000") == "the text is no ticket");
        CHECK(world.note_of_refused_claim(world.worker, generate_ticket().reveal()) == "no ticket has this text");
    }
    SUBCASE("expired") {
        world.clock.advance(24h);
        CHECK(world.note_of_refused_claim(world.worker, text) == world.named() + " is expired");
        CHECK(world.state(world.admin) == "expired");
    }
    SUBCASE("revoked") {
        REQUIRE(world.ask(world.admin, "ticket.revoke", {{"ticket", world.last.id.brief()}}));
        CHECK(world.note_of_refused_claim(world.worker, text) == world.named() + " is revoked");
    }
    SUBCASE("a second claim, by its user or by somebody who found it") {
        const auto at = rfc3339(world.clock.now());
        REQUIRE(world.claim(world.worker, text));
        world.clock.advance(1h);
        const auto note = "second claim: " + world.named() + " was claimed at " + at;
        CHECK(world.note_of_refused_claim(world.worker, text) == note);
        CHECK(world.note_of_refused_claim(world.developer, text) == note);
        CHECK(world.count_secrets() == 1);
        return;
    }
    CHECK(world.count_secrets() == 0);
}

TEST_CASE("S31 ticket: it works to its last second, not in a restarted vault after it, nor with a clock set back") {
    HandOff world;
    const auto text = world.ticket();
    world.clock.advance(24h - 1s);
    world.restart();
    SUBCASE("its last second") { CHECK(world.claim(world.worker, text)); }
    SUBCASE("after it") {
        world.clock.advance(1s);
        world.tenant("2@integration");
        world.clock.wall -= 1h;
        CHECK_FALSE(world.claim(world.worker, text));
        world.restart();
        CHECK_FALSE(world.claim(world.worker, text));
    }
}

TEST_CASE("S31 ticket: the claim is judged as of then; while the connection is not fit, the ticket stays open") {
    HandOff world;
    const auto text = world.ticket();
    SUBCASE("paused") {
        REQUIRE(world.ask_about(world.admin, "access.disable", local));
        CHECK(world.claim(world.worker, text).error().code == Errc::wrong_state);
        CHECK(world.state(world.admin) == "open");
        REQUIRE(world.ask_about(world.admin, "access.enable", local));
    }
    SUBCASE("two active secrets") {
        const auto first = world.generate(local);
        REQUIRE(world.generate(local));
        CHECK(world.claim(world.worker, text).error().what == "Only two active secrets are allowed at a time");
        REQUIRE(world.ask_about(world.admin, "secret.deactivate", local, {{"prefix", first->secret.prefix}}));
    }
    CHECK(world.claim(world.worker, text));
}

TEST_CASE("S31 ticket: a rotation begins when it is claimed") {
    HandOff world;
    const auto old = world.generate(local);
    REQUIRE(old);
    const std::string old_value{old->value.reveal()};
    const auto client_id = world.row(local).client_id;
    SUBCASE("with an overlap") {
        const auto text = world.ticket(TicketAct::rotate, 1h);
        world.clock.advance(2h);
        CHECK(world.accepts(client_id, old_value));
        REQUIRE(world.claim(world.worker, text));
        world.clock.advance(1h - 1s);
        CHECK(world.accepts(client_id, old_value));
        world.clock.advance(1s);
        CHECK_FALSE(world.accepts(client_id, old_value));
    }
    SUBCASE("at once, which ends issued tokens too") {
        const auto text = world.ticket(TicketAct::rotate, 0s);
        CHECK(world.accepts(client_id, old_value));
        REQUIRE(world.claim(world.worker, text));
        CHECK_FALSE(world.accepts(client_id, old_value));
        CHECK(world.row(local).token_generation == 1);
    }
}

TEST_CASE("S31 ticket: who asks gets the ticket once; no listing, entry or file holds its text or the secret") {
    HandOff world;
    const auto answer = world.ask_about(world.admin, "secret.generate", local,
                                        {{"ticket_for", "worker"}, {"ticket_for_id", 2000}, {"expires_in", 600}});
    REQUIRE(answer);
    const auto text = text_at(*answer, "ticket");
    CHECK(text_at(*answer, "for") == "worker");
    CHECK(text_at(*answer, "expires_at") == rfc3339(world.clock.now() + 600s));
    CHECK(text_at(*answer, "client_id") == world.row(local).client_id);
    CHECK_FALSE(answer->as_object().contains("client_secret"));
    const auto claimed = world.claim(world.worker, text);
    REQUIRE(claimed);
    const auto listed = json::serialize(world.ask(world.admin, "ticket.list").value());
    CHECK(listed.find(text) == std::string::npos);
    CHECK_FALSE(world.stands_in_a_file(text.substr(4)));
    CHECK_FALSE(world.stands_in_a_file(text_at(*claimed, "client_secret").substr(secret_prefix_size)));
}

TEST_CASE("S31 ticket: the audit tells who made it, who claimed it, and the secret that came of it") {
    HandOff world;
    REQUIRE(world.claim(world.worker, world.ticket()));
    for (const auto* event : {"ticket.created", "ticket.claimed"}) {
        INFO(event);
        const auto entries = world.audited(event);
        REQUIRE(entries.size() == 1);
        CHECK(entries[0].subject == "ticket " + world.last.id.brief());
        CHECK(entries[0].connection == local);
        CHECK(entries[0].tenant == "1@integration");
        CHECK(entries[0].detail == "generate for worker");
    }
    CHECK(world.audited("ticket.created")[0].actor_user == "alice");
    CHECK(world.audited("ticket.claimed")[0].actor_user == "worker");
    const auto secret = world.audited("secret.generated");
    REQUIRE(secret.size() == 1);
    CHECK(secret[0].actor_user == "worker");
    CHECK(secret[0].via == "ticket " + world.last.id.brief());
}

TEST_CASE("S31 ticket: what could not be made now is refused when the ticket is asked for") {
    HandOff world;
    const json::object for_worker{{"ticket_for", "worker"}, {"ticket_for_id", 2000}};
    const auto refusal = [&](const char* verb, const std::string& name, json::object body) {
        const auto answer = world.ask_about(world.admin, verb, name, std::move(body));
        REQUIRE_FALSE(answer);
        return answer.error();
    };
    world.connected("dispatcher/1@production", EnvironmentKind::upstream);
    CHECK(refusal("secret.generate", "dispatcher/1@production", for_worker).next.find("jeton secret import") !=
          std::string::npos);
    world.listed("dispatcher/2@integration");
    CHECK(refusal("secret.generate", "dispatcher/2@integration", for_worker).code == Errc::wrong_state);
    REQUIRE(world.generate(local));
    REQUIRE(world.generate(local));
    CHECK(refusal("secret.generate", local, for_worker).code == Errc::wrong_state);
    CHECK(refusal("secret.rotate", local, for_worker).code == Errc::wrong_state);
    auto at_once = for_worker;
    at_once["now"] = true;
    CHECK(world.ask_about(world.admin, "secret.rotate", local, at_once));
    for (const std::int64_t life : {0, 59, 604801}) {
        INFO(life);
        auto body = at_once;
        body["expires_in"] = life;
        CHECK(refusal("secret.rotate", local, body).code == Errc::bad_input);
    }
    CHECK(refusal("secret.rotate", local, {{"now", true}, {"expires_in", 600}}).code == Errc::bad_input);
    CHECK(refusal("secret.rotate", local, {{"now", true}, {"ticket_for", "worker"}}).code == Errc::bad_input);
    CHECK(refusal("secret.rotate", local, {{"now", true}, {"ticket_for", "s"}, {"ticket_for_id", 61184}}).code ==
          Errc::bad_input);
}

TEST_CASE("S2, S5 ticket: listed to those who see the connection, taken back by those who configure it") {
    HandOff world;
    world.grant("developer", world.developer, "dispatcher", {});
    world.grant("tenant-admin", world.tenant_admin, {}, "1@integration");
    const auto stranger = Office::person(2009, "sam");
    world.tenant("2@integration");
    world.grant("tenant-admin", stranger, {}, "2@integration");
    const auto text = world.ticket();
    const auto id = world.last.id.text;
    CHECK(world.ask(stranger, "ticket.list")->as_array().empty());
    CHECK(world.ask(stranger, "ticket.list", {{"connection", local}}).error().code == Errc::not_found);
    CHECK(world.ask(stranger, "ticket.revoke", {{"ticket", id}}).error().code == Errc::not_found);
    REQUIRE(world.ask(world.tenant_admin, "ticket.list")->as_array().size() == 1);
    CHECK(world.ask(world.tenant_admin, "ticket.revoke", {{"ticket", id}}).error().code == Errc::forbidden);
    REQUIRE(world.ask(world.developer, "ticket.revoke", {{"ticket", id}}));
    CHECK(world.state(world.tenant_admin) == "revoked");
    CHECK(world.audited("ticket.revoked").size() == 1);
    CHECK_FALSE(world.claim(world.worker, text));
    SUBCASE("only what is open is taken back") {
        CHECK(world.ask(world.developer, "ticket.revoke", {{"ticket", id}}).error().code == Errc::wrong_state);
        REQUIRE(world.claim(world.worker, world.ticket()));
        const auto claimed = world.ask(world.developer, "ticket.revoke", {{"ticket", world.last.id.text}});
        REQUIRE_FALSE(claimed);
        CHECK(claimed.error().next == "its secret can be ended: jeton secret list " + local);
    }
    SUBCASE("a text in the place of an id is not repeated") {
        const auto refused = world.ask(world.developer, "ticket.revoke", {{"ticket", text}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::not_found);
        CHECK((refused.error().what + refused.error().next + refused.error().operator_note).find(text) ==
              std::string::npos);
    }
}

TEST_CASE("S35 ticket: where developers hold no secrets, an operator hands one to a developer") {
    Office world;
    const std::string production = "dispatcher/1@production";
    world.connected(production);
    world.grant("developer", world.developer, "dispatcher", {});
    const auto refused = world.ask_about(world.developer, "secret.generate", production);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::forbidden);
    CHECK(refused.error().next == "ask an operator: jeton secret generate " + production + " --ticket-for USER");
    const auto ticket = world.ask_about(world.operator_peer, "secret.generate", production,
                                        {{"ticket_for", "dora"}, {"ticket_for_id", 2001}});
    REQUIRE(ticket);
    CHECK(world.ask(world.developer, "ticket.claim", {{"ticket", text_at(*ticket, "ticket")}}));
}

TEST_CASE("ticket: pages of a listing end and go on") {
    HandOff world;
    for (int i = 0; i < 3; ++i) {
        (void)world.ticket();
        world.clock.advance(1s);
    }
    auto page = world.outcome(world.admin, "ticket.list", {{"limit", 2}});
    REQUIRE(page);
    CHECK(page->done->as_array().size() == 2);
    const auto rest = world.outcome(world.admin, "ticket.list", {{"limit", 2}, {"after", page->next}});
    REQUIRE(rest);
    REQUIRE(rest->done->as_array().size() == 1);
    CHECK(text_at(rest->done->as_array()[0], "id") == world.last.id.text);
    CHECK(rest->next.empty());
}
