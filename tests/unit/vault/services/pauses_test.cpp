#include "daemon/vault/services/pauses.hpp"

#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";
const std::string neighbour = "dispatcher/2@integration";

/// Two tenants of one app; tina is the admin of the first.
struct House : Office {
    House() {
        connected(name);
        connected(neighbour);
        grant("tenant-admin", tenant_admin, {}, "1@integration");
    }

    Result<json::value> disable(const Peer& peer, json::object body = {}) {
        return ask_about(peer, "access.disable", name, std::move(body));
    }
    Result<json::value> enable(const Peer& peer, json::object body = {}) {
        return ask_about(peer, "access.enable", name, std::move(body));
    }
    ConnectionState state() { return row(name).state; }
    /// As a store of an older jeton holds it: disabled, and nobody's name with it.
    void disabled_before_pauses_had_names() {
        auto old = row(name);
        old.state = ConnectionState::disabled;
        REQUIRE(run([&](Transaction& tx) -> Result<void> {
            tx.update(old);
            record(tx, admin, {.event = "access.disabled", .subject = name}, clock.now());
            return {};
        }));
    }
};

void refused(const Result<json::value>& answer, Errc code) {
    REQUIRE_FALSE(answer);
    CHECK(protocol::word_of(answer.error().code).name == protocol::word_of(code).name);
}

}  // namespace

TEST_CASE("S45, S46, S48: a pause stops the pair at once, its end restores the same pair") {
    House house;
    const auto secret = house.generate(name);
    REQUIRE(secret);
    const auto before = house.row(name);
    const auto works = [&] { return house.accepts(before.client_id, secret->value.reveal()); };
    CHECK(works());
    const auto disabled = house.disable(house.tenant_admin);
    REQUIRE(disabled);
    CHECK(text_at(*disabled, "state") == "disabled");
    CHECK_FALSE(works());
    CHECK(house.run([&](Transaction& tx) { return secrets::of(tx, before.id).size(); }) == 1);

    const auto enabled = house.enable(house.tenant_admin);
    REQUIRE(enabled);
    CHECK(text_at(*enabled, "client_id") == before.client_id);
    CHECK(text_at(*enabled, "message") == "Access is restored: the same client ID, secrets and version.");
    CHECK(works());
    const auto after = house.row(name);
    CHECK(after.accepted_version == before.accepted_version);
    CHECK(after.token_generation == before.token_generation);
    CHECK(after.consent_at == before.consent_at);
    CHECK_FALSE(after.is_paused());
}

TEST_CASE("S46: the answer says when tokens that were handed out end, and what the upstream gave is forgotten") {
    House house;
    const std::string remote = "dispatcher/1@production";
    house.connected(remote, EnvironmentKind::upstream);
    house.grant("tenant-admin", house.tenant_admin, {}, "1@production");
    const auto row = house.row(remote);
    const auto other = house.row(neighbour);
    const auto hold = [&] {
        house.room.upstream.put("theirs", row, {SecretText{"a.b.c"}, "", 900s}, house.clock);
        house.room.upstream.put("other", other, {SecretText{"d.e.f"}, "", 900s}, house.clock);
    };
    hold();
    const auto disabled = house.ask_about(house.tenant_admin, "access.disable", remote);
    REQUIRE(disabled);
    CHECK(text_at(*disabled, "message").ends_with("end by " + rfc3339(house.clock.now() + 900s) + "."));
    CHECK(house.room.upstream.find("theirs", house.clock) == nullptr);
    CHECK(house.room.upstream.find("other", house.clock) != nullptr);
    hold();  // landed while access was disabled
    REQUIRE(house.ask_about(house.tenant_admin, "access.enable", remote));
    CHECK(house.room.upstream.find("theirs", house.clock) == nullptr);
}

TEST_CASE("S46: a token that lives longer than most is counted in when the answer says when they end") {
    House house;
    const std::string remote = "dispatcher/1@production";
    house.connected(remote, EnvironmentKind::upstream);
    const auto secret = house.import_pair(remote, {"cid.aaaa", "cs1.bbbbbbbbbbbbbbbbbbbb", {}});
    REQUIRE(secret);
    const auto key = UpstreamTokens::token_key(house.row(remote), *secret, "");
    auto& upstream = house.room.upstream;
    upstream.hold(key, {SecretText{"a.b.c"}, "", 24h}, house.clock);
    SUBCASE("it is in memory") {}
    SUBCASE("it is in the store alone, as after a restart") {
        house.run([&](Transaction& tx) { keep_token(tx, upstream, key, house.clock); });
        upstream.clear();
    }
    SUBCASE("the store was sealed since, and it is forgotten everywhere") {
        house.run([&](Transaction& tx) { drop_all_tokens(tx, upstream); });
    }
    SUBCASE("another one came since, with less life") {
        upstream.hold(key, {SecretText{"d.e.f"}, "", 900s}, house.clock);
    }
    house.clock.advance(60s);
    REQUIRE(house.generate(neighbour));  // the store's time goes on with each change
    const auto end = rfc3339(house.clock.now() + 24h - 60s);
    const auto one = [&] {
        const auto disabled = house.ask_about(house.operator_peer, "access.disable", remote);
        REQUIRE(disabled);
        CHECK(text_at(*disabled, "message").ends_with("end by " + end + "."));
    };
    const auto selected = [&] {
        const auto rows = house.ask(house.operator_peer, "access.disable_selected", {{"tenant", "1@production"}});
        REQUIRE(rows);
        CHECK(text_at(rows->as_array().at(0), "still_accepted_until") == end);
    };
    bool first_alone = true;
    SUBCASE("by its name, then by a selection") {}
    SUBCASE("the other way round") { first_alone = false; }
    for (const bool alone : {first_alone, !first_alone}) {
        alone ? one() : selected();
        CHECK(upstream.find(key.text(), house.clock) == nullptr);
        // Nor is the end forgotten with the token: who has it goes on.
        REQUIRE(house.ask_about(house.operator_peer, "access.enable", remote));
        house.clock.advance(60s);
    }
}

TEST_CASE("S49: one connection is paused, its neighbours go on") {
    House house;
    const auto secret = house.generate(neighbour);
    REQUIRE(secret);
    REQUIRE(house.disable(house.tenant_admin));
    CHECK(house.row(neighbour).state == ConnectionState::connected);
    CHECK(house.accepts(house.row(neighbour).client_id, secret->value.reveal()));
}

TEST_CASE("S46: who paused it, why and when, stands in the listing and in the audit") {
    House house;
    REQUIRE(house.disable(house.tenant_admin, {{"reason", "holiday"}}));
    house.clock.advance(60s);
    REQUIRE(house.disable(house.operator_peer, {{"reason", "incident 7"}}));
    const auto view = house.ask_about(house.tenant_admin, "connection.show", name);
    REQUIRE(view);
    const auto& pauses = view->at("pauses").as_array();
    REQUIRE(pauses.size() == 2);
    CHECK(text_at(pauses[0], "by") == "tina");
    CHECK(text_at(pauses[0], "role") == "tenant-admin");
    CHECK(text_at(pauses[0], "reason") == "holiday");
    CHECK(text_at(pauses[0], "at") == rfc3339(house.clock.now() - 60s));
    CHECK(text_at(pauses[1], "by") == "root");
    CHECK(text_at(pauses[1], "role") == "operator");
    CHECK(text_at(pauses[1], "reason") == "incident 7");
    CHECK(text_at(pauses[1], "at") == rfc3339(house.clock.now()));
    const auto entries = house.audited("access.disabled");
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].detail == "tenant-admin: holiday");
    CHECK(entries[0].tenant == "1@integration");
    CHECK(entries[1].detail == "operator: incident 7");
}

TEST_CASE("S48: two pauses are independent: it stays disabled until both are lifted") {
    House house;
    REQUIRE(house.disable(house.tenant_admin, {{"reason", "holiday"}}));
    REQUIRE(house.disable(house.operator_peer, {{"reason", "incident 7"}}));
    const auto lift = [&](const Peer& first, const Peer& second, const std::string& what_remains) {
        const auto one = house.enable(first);
        REQUIRE(one);
        CHECK(text_at(*one, "state") == "disabled");
        CHECK(text_at(*one, "message") == "This pause is lifted, but another keeps it disabled: " + what_remains);
        CHECK(one->at("pauses").as_array().size() == 1);
        const auto lifted = house.audited("access.pause_lifted");
        REQUIRE(lifted.size() == 1);
        CHECK(lifted[0].detail.ends_with("; still paused by " + what_remains));
        CHECK(house.audited("access.enabled").empty());
        REQUIRE(house.enable(second));
        CHECK(house.state() == ConnectionState::connected);
        CHECK_FALSE(house.row(name).is_paused());
        CHECK(house.audited("access.enabled").size() == 1);
    };
    SUBCASE("the tenant's first") { lift(house.tenant_admin, house.operator_peer, "operator root: incident 7"); }
    SUBCASE("the operator's first") { lift(house.operator_peer, house.tenant_admin, "tenant-admin tina: holiday"); }
}

TEST_CASE("S48: a tenant's admin cannot lift the operator's pause, and is told whom to ask") {
    House house;
    REQUIRE(house.disable(house.operator_peer, {{"reason", "incident 7"}}));
    const auto answer = house.enable(house.tenant_admin);
    refused(answer, Errc::forbidden);
    CHECK(answer.error().what == name + " is paused by operator root: incident 7");
    CHECK(answer.error().next == "ask root or another operator of this host");
    CHECK(house.state() == ConnectionState::disabled);
    REQUIRE(house.enable(house.operator_peer));
    CHECK(house.state() == ConnectionState::connected);
}

TEST_CASE("S48: who tries to lift another side's pause stands in the audit, also where a selection is named") {
    House house;
    REQUIRE(house.disable(house.operator_peer, {{"reason", "incident 7"}}));
    json::object selection{{"app", "dispatcher"}};
    const auto enable = [&] { return house.ask(house.tenant_admin, "access.enable_selected", selection).value(); };
    SUBCASE("a dry run is no attempt") {
        selection["dry_run"] = true;
        CHECK(text_at(enable().at(0), "result") == "refused");
        CHECK(house.audited("access.enable").empty());
    }
    SUBCASE("once a minute") {
        CHECK(text_at(enable().at(0), "result") == "refused");
        CHECK(text_at(enable().at(0), "result") == "refused");
        const auto entries = house.audited("access.enable");
        REQUIRE(entries.size() == 1);
        CHECK(entries[0].refused);
        CHECK(entries[0].actor_user == "tina");
        CHECK(entries[0].connection == name);
        CHECK(entries[0].tenant == "1@integration");
        CHECK(entries[0].detail == "forbidden: " + name + " is paused by operator root: incident 7");
    }
    CHECK(house.state() == ConnectionState::disabled);
}

TEST_CASE("S48: an operator lifts the tenant's pause only on the tenant's behalf, and that shows") {
    House house;
    REQUIRE(house.disable(house.tenant_admin));
    const auto answer = house.enable(house.operator_peer, {{"reason", "they need it"}});
    refused(answer, Errc::forbidden);
    CHECK(answer.error().what == name + " is paused by tenant-admin tina");
    CHECK(answer.error().next ==
          "ask an admin of tenant 1@integration, or say for whom you lift it: jeton access enable " + name +
              " --on-behalf-of WHO --reason WHY");
    CHECK(house.state() == ConnectionState::disabled);
    REQUIRE(house.enable(house.operator_peer, {{"on_behalf_of", "the office"}, {"reason", "they called"}}));
    CHECK(house.state() == ConnectionState::connected);
    CHECK(house.audited("access.enabled").back().detail == "operator on behalf of the office: they called");
}

TEST_CASE("S46: an operator who pauses on a tenant's behalf says so in the pause") {
    House house;
    REQUIRE(house.disable(house.operator_peer, {{"on_behalf_of", "the office"}, {"reason", "they called"}}));
    const auto pauses = pauses_of(house.row(name));
    REQUIRE(pauses.size() == 1);
    CHECK(described(pauses[0]) == "operator root: on behalf of the office: they called");
}

TEST_CASE("S15: a tenant's admin decides itself, on nobody's behalf") {
    House house;
    refused(house.disable(house.tenant_admin, {{"on_behalf_of", "the office"}}), Errc::bad_input);
    CHECK(house.state() == ConnectionState::connected);
    REQUIRE(house.disable(house.tenant_admin));
    refused(house.enable(house.tenant_admin, {{"on_behalf_of", "the office"}}), Errc::bad_input);
    CHECK(house.state() == ConnectionState::disabled);
}

TEST_CASE("S46: the same side does not pause twice: who, when and why of the first stay") {
    House house;
    REQUIRE(house.disable(house.tenant_admin, {{"reason", "holiday"}}));
    const auto first = house.row(name);
    house.clock.advance(60s);
    const auto again = house.disable(house.tenant_admin, {{"reason", "another"}});
    refused(again, Errc::wrong_state);
    CHECK(again.error().what == name + " is disabled already, by tenant-admin tina: holiday");
    CHECK(again.error().next == "to restore access: jeton access enable " + name);
    CHECK(house.row(name).tenant_pause_at == first.tenant_pause_at);
    CHECK(house.row(name).tenant_pause_reason == "holiday");
    REQUIRE(house.disable(house.operator_peer));
    refused(house.disable(house.operator_peer), Errc::wrong_state);
    CHECK(house.audited("access.disabled").size() == 2);
}

TEST_CASE("S45: only what was allowed is paused, only what is paused is restored") {
    House house;
    const std::string listed = "dispatcher/3@integration";
    house.listed(listed);
    const auto early = house.ask_about(house.operator_peer, "access.disable", listed);
    refused(early, Errc::wrong_state);
    CHECK(early.error().what == listed + ": Not Connected Yet");
    refused(house.ask_about(house.operator_peer, "access.enable", listed), Errc::wrong_state);
    refused(house.enable(house.tenant_admin), Errc::wrong_state);
    CHECK(house.row(listed).state == ConnectionState::not_connected);
}

TEST_CASE("S48: what an older jeton disabled has no pause, and either side restores it") {
    House house;
    house.disabled_before_pauses_had_names();
    const auto view = house.ask_about(house.tenant_admin, "connection.show", name);
    CHECK(text_at(*view, "status") == "Disabled");
    CHECK(view->at("pauses").as_array().empty());
    SUBCASE("the tenant's admin") { CHECK(house.enable(house.tenant_admin)); }
    SUBCASE("an operator") { CHECK(house.enable(house.operator_peer)); }
    CHECK(house.state() == ConnectionState::connected);
}

TEST_CASE("S46: what an older jeton disabled can be paused by name, and is that side's then") {
    House house;
    house.disabled_before_pauses_had_names();
    REQUIRE(house.disable(house.operator_peer, {{"reason", "incident 7"}}));
    refused(house.enable(house.tenant_admin), Errc::forbidden);
    REQUIRE(house.enable(house.operator_peer));
    CHECK(house.state() == ConnectionState::connected);
}

TEST_CASE("S46: in a user's own daemon one person is both sides, and lifts both pauses") {
    House house;
    REQUIRE(house.disable(house.admin));
    CHECK(house.row(name).tenant_pause_by == "alice");
    REQUIRE(house.disable(house.admin, {{"on_behalf_of", "the office"}}));
    CHECK(house.row(name).operator_pause_by == "alice");
    REQUIRE(house.enable(house.admin));
    CHECK(house.state() == ConnectionState::connected);
}

TEST_CASE("T23: a reason that is too long or does not print is refused, and nothing is paused") {
    House house;
    const auto bad = [&](const char* member, const std::string& text) {
        INFO(member);
        refused(house.disable(house.operator_peer, {{member, text}}), Errc::bad_input);
        refused(house.ask(house.operator_peer, "access.disable_selected", {{"app", "dispatcher"}, {member, text}}),
                Errc::bad_input);
    };
    for (const auto* member : {"reason", "on_behalf_of"}) {
        for (const auto* text : {"a\x1b[2J", "a\nb", "a\xe2\x80\xae", "a\xe2\x80\xa8", "\xc3"}) bad(member, text);
    }
    bad("reason", std::string(501, 'x'));
    bad("on_behalf_of", std::string(121, 'x'));
    CHECK(house.state() == ConnectionState::connected);
    CHECK(house.row(neighbour).state == ConnectionState::connected);
    CHECK(house.disable(house.operator_peer,
                        {{"reason", std::string(500, 'x')}, {"on_behalf_of", std::string(120, 'x')}}));
}
