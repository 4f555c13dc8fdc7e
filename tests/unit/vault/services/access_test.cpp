#include "daemon/vault/services/access.hpp"

#include "daemon/vault/services/versions.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

}  // namespace

TEST_CASE("S27: an app that does not list the tenant answers like an app that does not exist") {
    World world;
    world.listed(name);
    world.app("other");
    const auto review = [&](const char* text) {
        return world.run([&](Transaction& tx) { return review_access(tx, world.everything, World::connection(text)); });
    };
    const auto unlisted = review("other/1@integration");
    const auto unknown = review("nothing/1@integration");
    REQUIRE_FALSE(unlisted);
    REQUIRE_FALSE(unknown);
    CHECK(unlisted.error().code == unknown.error().code);
    CHECK(unlisted.error().next.starts_with("ask the developer of the app to add your tenant ID"));
    CHECK(unlisted.error().what == "no connection other/1@integration");
}

TEST_CASE("S29: a decision quotes the version that was reviewed") {
    World world;
    world.listed(name);
    const auto refused = world.allow(name, 2);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(refused.error().what ==
          "you reviewed version 2, the app offers version 1: +tn.crm.customers:r +tn.jpm.jobs:w");
    CHECK(world.row(name).state == ConnectionState::not_connected);
    REQUIRE(world.allow(name));
    CHECK(world.allow(name, 2).error().what == "you reviewed version 2, the app offers version 1");
}

TEST_CASE("S30: allow creates the client ID; where tenants configure, also the first secret") {
    World world;
    SUBCASE("developer") {
        world.listed(name);
        const auto allowed = world.allow(name);
        REQUIRE(allowed);
        CHECK(allowed->found.connection.client_id.starts_with("jid."));
        CHECK_FALSE(allowed->client_secret);
    }
    SUBCASE("tenant") {
        world.listed(name, EnvironmentKind::local, "tenant");
        const auto allowed = world.allow(name);
        REQUIRE(allowed);
        REQUIRE(allowed->client_secret);
        CHECK(allowed->client_secret->reveal().starts_with("jcs."));
    }
    SUBCASE("upstream: the ID comes from the portal") {
        world.listed(name, EnvironmentKind::upstream);
        const auto allowed = world.allow(name);
        REQUIRE(allowed);
        CHECK(allowed->found.connection.client_id.empty());
    }
}

TEST_CASE("S3: two tenants have two client IDs") {
    World world;
    world.connected(name);
    world.connected("dispatcher/2@integration");
    CHECK(world.row(name).client_id != world.row("dispatcher/2@integration").client_id);
}

TEST_CASE("S29: who reviewed an older version is told what has changed since") {
    World world;
    world.connected(name);
    const auto publish = [&](const std::vector<std::string>& add, const std::vector<std::string>& remove) {
        REQUIRE(world.run([&](Transaction& tx) {
            return publish_version(tx, world.admin, "dispatcher", add, remove, world.clock.now());
        }));
    };
    publish({"tn.acc.invoices:r"}, {});
    publish({"tn.tsm.tasks:w"}, {"tn.jpm.jobs:w"});
    CHECK(world.allow(name, 2).error().what ==
          "you reviewed version 2, the app offers version 3: +tn.tsm.tasks:w -tn.jpm.jobs:w");
    CHECK(world.row(name).accepted_version == 1);
}

TEST_CASE("S15, S33: an admin allows; who, when and which version stand in the row and in the audit") {
    Office office;
    office.listed(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    const auto allowed =
        office.ask_about(office.tenant_admin, "access.allow", name, {{"version", 1}, {"reason", "we need it"}});
    REQUIRE(allowed);
    const auto& consent = allowed->at("consent");
    CHECK(text_at(consent, "source") == "admin");
    CHECK(text_at(consent, "by") == "tina");
    CHECK(consent.at("on_behalf_of").is_null());
    CHECK(text_at(consent, "reason") == "we need it");
    CHECK(text_at(consent, "at") == rfc3339(office.clock.now()));
    const auto entries = office.audited("access.allowed");
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].actor_user == "tina");
    CHECK(entries[0].detail == "version 1: tn.crm.customers:r tn.jpm.jobs:w; tenant-admin: we need it");
    CHECK(office.ask_about(office.tenant_admin, "access.review", name)->at("consent") == consent);
}

TEST_CASE("S15: neither the app's developer nor another tenant's admin allows") {
    Office office;
    office.listed(name);
    office.tenant("2@integration");
    office.grant("developer", office.developer, "dispatcher", {});
    office.grant("tenant-admin", office.tenant_admin, {}, "2@integration");
    CHECK(office.ask_about(office.developer, "access.allow", name, {{"version", 1}}).error().code == Errc::forbidden);
    CHECK(office.ask_about(office.tenant_admin, "access.allow", name, {{"version", 1}}).error().code ==
          Errc::not_found);
    CHECK(office.row(name).state == ConnectionState::not_connected);
}

TEST_CASE("S22: an admin of the tenant in integration is nobody in production") {
    Office office;
    office.listed("dispatcher/1@production");
    office.listed(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    REQUIRE(office.ask_about(office.tenant_admin, "access.allow", name, {{"version", 1}}));
    CHECK_FALSE(office.ask_about(office.tenant_admin, "access.allow", "dispatcher/1@production", {{"version", 1}}));
    CHECK(office.row("dispatcher/1@production").state == ConnectionState::not_connected);
}

TEST_CASE("S33: an operator who decides for a tenant says for whom and why, and it shows") {
    Office office;
    office.listed(name);
    const auto refused = [&](json::object body) {
        body["version"] = 1;
        const auto allowed = office.ask_about(office.operator_peer, "access.allow", name, std::move(body));
        REQUIRE_FALSE(allowed);
        CHECK(allowed.error().code == Errc::forbidden);
        CHECK(allowed.error().next.ends_with("--on-behalf-of WHO --reason WHY"));
    };
    refused({});
    refused({{"reason", "signed order"}});
    refused({{"on_behalf_of", "the customer's office"}});
    CHECK(office.ask_about(office.operator_peer, "access.decline", name).error().code == Errc::forbidden);
    const auto review = office.ask_about(office.operator_peer, "access.review", name);
    CHECK(text_at(json::value{{"last", review->at("warnings").as_array().back()}}, "last")
              .starts_with("You are no admin of tenant 1@integration"));

    const auto allowed =
        office.ask_about(office.operator_peer, "access.allow", name,
                         {{"version", 1}, {"on_behalf_of", "the customer's office"}, {"reason", "signed order"}});
    REQUIRE(allowed);
    const auto shown = office.ask_about(office.operator_peer, "connection.show", name);
    const auto& consent = shown->at("consent");
    CHECK(text_at(consent, "source") == "operator");
    CHECK(text_at(consent, "by") == "root");
    CHECK(text_at(consent, "on_behalf_of") == "the customer's office");
    CHECK(text_at(consent, "reason") == "signed order");
    CHECK(office.audited("access.allowed")
              .at(0)
              .detail.ends_with("; operator on behalf of the customer's office: signed order"));
}

TEST_CASE("S33: who decides as a tenant's admin decides on nobody's behalf; the texts must print (T23)") {
    Office office;
    office.listed(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    const auto code = [&](const Peer& peer, json::object body) {
        body["version"] = 1;
        return office.ask_about(peer, "access.allow", name, std::move(body)).error().code;
    };
    CHECK(code(office.tenant_admin, {{"on_behalf_of", "somebody"}, {"reason", "x"}}) == Errc::bad_input);
    CHECK(code(office.tenant_admin, {{"reason", "a\x1b[2J"}}) == Errc::bad_input);
    CHECK(code(office.tenant_admin, {{"reason", std::string(501, 'x')}}) == Errc::bad_input);
    CHECK(code(office.operator_peer, {{"on_behalf_of", "a\xe2\x80\xae"}, {"reason", "x"}}) == Errc::bad_input);
}

TEST_CASE("S33: the user of a user's own daemon is the admin, and an operator where it says on whose behalf") {
    World world;
    world.listed(name);
    world.listed("dispatcher/2@integration");
    CHECK(world.allow(name)->found.connection.consent_source == "admin");
    const auto allowed = world.run([&](Transaction& tx) {
        return allow_access(tx, world.admin, world.everything, World::connection("dispatcher/2@integration"), 1,
                            {.reason = "on the phone", .on_behalf_of = "Pat"}, world.clock.now());
    });
    REQUIRE(allowed);
    CHECK(allowed->found.connection.consent_source == "operator");
    CHECK(allowed->found.connection.consent_on_behalf_of == "Pat");
}

TEST_CASE("S29: decline records the answer and creates nothing") {
    Office office;
    office.listed(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    const auto declined = office.ask_about(office.tenant_admin, "access.decline", name, {{"reason", "too much"}});
    REQUIRE(declined);
    CHECK(text_at(*declined, "state") == "not-connected");
    CHECK(office.row(name).client_id.empty());
    CHECK(office.audited("access.declined").at(0).detail == "version 1; tenant-admin: too much");
    CHECK(text_at(*office.ask_about(office.tenant_admin, "connection.show", name), "status") == "Not Connected Yet");
}

TEST_CASE("S37: a consent that was given in the portal is recorded for upstream environments, with a note") {
    Office office;
    office.listed(name, EnvironmentKind::upstream);
    const auto recorded = [&](json::object body) {
        return office.ask_about(office.operator_peer, "access.record", name, std::move(body));
    };
    CHECK(recorded({{"version", 1}, {"source", "portal"}}).error().what == "note is empty");
    CHECK(recorded({{"version", 1}, {"source", "phone"}, {"note", "x"}}).error().code == Errc::bad_input);
    CHECK(recorded({{"version", 1}, {"source", "portal"}, {"note", "a\nb"}}).error().code == Errc::bad_input);
    CHECK(recorded({{"version", 2}, {"source", "portal"}, {"note", "x"}}).error().what ==
          "dispatcher has no version 2");
    const auto done = recorded({{"version", 1}, {"source", "portal"}, {"note", "seen on their screen"}});
    REQUIRE(done);
    CHECK(text_at(*done, "state") == "connected");
    CHECK(text_at(done->at("consent"), "source") == "portal");
    CHECK(text_at(done->at("consent"), "by") == "root");
    CHECK(text_at(done->at("consent"), "reason") == "seen on their screen");
    CHECK(office.audited("access.recorded").size() == 1);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    CHECK_FALSE(office.ask_about(office.tenant_admin, "access.record", name,
                                 {{"version", 1}, {"source", "portal"}, {"note", "x"}}));
}

TEST_CASE("S37: an older version of the portal may be recorded, but an accepted one is not taken back") {
    Office office;
    office.listed(name, EnvironmentKind::upstream);
    REQUIRE(office.ask(office.operator_peer, "app.publish",
                       {{"app", "dispatcher"}, {"add", json::array{"tn.acc.invoices:r"}}}));
    const auto recorded = [&](std::int64_t version) {
        return office.ask_about(office.operator_peer, "access.record", name,
                                {{"version", version}, {"source", "portal"}, {"note", "their screen"}});
    };
    REQUIRE(recorded(1));
    CHECK(office.row(name).accepted_version == 1);
    REQUIRE(recorded(2));
    CHECK(recorded(1).error().code == Errc::wrong_state);
    CHECK(office.row(name).accepted_version == 2);
}

TEST_CASE("S37: in a local environment consent is given here") {
    Office office;
    office.listed(name);
    const auto refused = office.ask_about(office.operator_peer, "access.record", name,
                                          {{"version", 1}, {"source", "portal"}, {"note", "x"}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(refused.error().next == "jeton access allow dispatcher/1@integration --version 1");
}

TEST_CASE("S29, S33: the review shows every scope, the statement, and warns of writing") {
    Office office;
    office.listed(name);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    const auto review = office.ask_about(office.tenant_admin, "access.review", name);
    REQUIRE(review);
    CHECK(review->at("scopes").as_array().size() == 2);
    CHECK(text_at(*review, "statement") ==
          "By allowing, you, as the admin (resource owner) of tenant 1, are granting access to the app dispatcher of "
          "Acme: it may operate on your resources (data).");
    CHECK(json::serialize(review->at("warnings")) == R"(["The app asks to change data, not only to read it."])");
    CHECK(review->at("consent").is_null());
    CHECK(review->at("pauses").as_array().empty());
    CHECK(review->at("accepted_version").is_null());
}

TEST_CASE("S46: the review of a paused connection says who paused it and why, and that it is off the list") {
    Office office;
    office.connected(name);
    REQUIRE(office.ask_about(office.operator_peer, "access.disable", name, {{"reason", "misuse"}}));
    REQUIRE(office.ask_about(office.operator_peer, "app.tenant.remove", name));
    const auto review = office.ask_about(office.operator_peer, "access.review", name);
    REQUIRE(review);
    const auto warnings = json::serialize(review->at("warnings"));
    CHECK(warnings.contains("by operator root: misuse"));
    CHECK(warnings.contains("the developer removed the tenant"));
    CHECK(warnings.contains("took tenant 1@integration off the list"));
    CHECK(review->at("pauses").as_array().size() == 2);
}

TEST_CASE("S33: allowing what is allowed changes nothing, and keeps who consented first") {
    Office office;
    office.listed(name, EnvironmentKind::local, "tenant");
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    REQUIRE(office.ask_about(office.tenant_admin, "access.allow", name, {{"version", 1}}));
    const auto epoch = office.store().epoch();
    office.clock.advance(60s);
    const auto again = office.ask_about(office.operator_peer, "access.allow", name,
                                        {{"version", 1}, {"on_behalf_of", "the office"}, {"reason", "again"}});
    REQUIRE(again);
    CHECK(text_at(*again, "message") == name + " accepted version 1 before.");
    CHECK(again->as_object().if_contains("client_secret") == nullptr);
    CHECK(text_at(again->at("consent"), "by") == "tina");
    CHECK(office.store().epoch() == epoch);
}

TEST_CASE("S30: the first secret is in the answer of Allow once, and it works") {
    Office office;
    office.listed(name, EnvironmentKind::local, "tenant");
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    const auto allowed = office.ask_about(office.tenant_admin, "access.allow", name, {{"version", 1}});
    REQUIRE(allowed);
    const auto secret = text_at(*allowed, "client_secret");
    CHECK(office.accepts(text_at(*allowed, "client_id"), secret));
    CHECK_FALSE(office.stands_in_a_file(secret));
}

TEST_CASE("S46: what is paused is neither allowed, declined nor recorded anew") {
    Office office;
    office.connected(name, EnvironmentKind::upstream);
    REQUIRE(office.ask(office.operator_peer, "app.publish",
                       {{"app", "dispatcher"}, {"add", json::array{"tn.acc.invoices:r"}}}));
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    REQUIRE(office.ask_about(office.tenant_admin, "access.disable", name));
    CHECK(office.ask_about(office.tenant_admin, "access.allow", name, {{"version", 2}}).error().code ==
          Errc::wrong_state);
    CHECK(office
              .ask_about(office.operator_peer, "access.record", name,
                         {{"version", 2}, {"source", "portal"}, {"note", "their screen"}})
              .error()
              .code == Errc::wrong_state);
    CHECK(office.row(name).accepted_version == 1);
}

TEST_CASE("S25, S26, S39: the tenant's list has what was connected; pending is what waits for its admin") {
    Office office;
    const std::string undecided = "reporter/1@integration";
    const std::string paused = "scheduler/1@integration";
    office.connected(name);
    office.connected(paused);
    office.listed(undecided);
    office.app("unlisted");
    office.connected("dispatcher/2@integration");
    office.grant("tenant-admin", office.tenant_admin, {}, "1@integration");
    REQUIRE(office.ask_about(office.tenant_admin, "access.disable", paused));
    const auto rows = [&](const json::object& body) {
        const auto listed = office.ask(office.tenant_admin, "access.list", body);
        REQUIRE(listed);
        std::vector<std::string> texts;
        for (const auto& row : listed->as_array()) {
            texts.push_back(text_at(row, "connection") + ": " + text_at(row, "status") + ": " + text_at(row, "next"));
        }
        return texts;
    };
    using Rows = std::vector<std::string>;
    const auto paused_row = paused + ": Disabled: jeton access enable " + paused;
    CHECK(rows({}) == Rows{name + ": Connected: jeton access disable " + name, paused_row});
    const auto undecided_row = undecided + ": Not Connected Yet: jeton access review " + undecided;
    CHECK(rows({{"pending", true}}) == Rows{undecided_row});
    for (const auto* app : {"dispatcher", "scheduler"}) {
        REQUIRE(
            office.ask(office.operator_peer, "app.publish", {{"app", app}, {"add", json::array{"tn.acc.invoices:r"}}}));
    }
    const auto tagged = name + ": New Version Available: jeton access review " + name;
    CHECK(rows({}) == Rows{tagged, paused_row});
    CHECK(rows({{"pending", true}}) == Rows{tagged, undecided_row});
    CHECK(rows({{"tenant", "1@integration"}}) == Rows{tagged, paused_row});
    CHECK(rows({{"tenant", "1"}}) == Rows{tagged, paused_row});
}

TEST_CASE("S26, S27: the list of another tenant is that of one that does not exist; a developer has none") {
    Office office;
    office.connected(name);
    office.tenant("2@integration");
    office.grant("tenant-admin", office.tenant_admin, {}, "2@integration");
    office.grant("developer", office.developer, "dispatcher", {});
    CHECK(office.ask(office.tenant_admin, "access.list")->as_array().empty());
    const auto hidden = office.ask(office.tenant_admin, "access.list", {{"tenant", "1@integration"}});
    const auto absent = office.ask(office.tenant_admin, "access.list", {{"tenant", "3@integration"}});
    REQUIRE_FALSE(hidden);
    REQUIRE_FALSE(absent);
    CHECK(hidden.error().code == absent.error().code);
    CHECK(hidden.error().what == "no tenant 1@integration");
    CHECK(absent.error().what == "no tenant 3@integration");
    CHECK(office.ask(office.developer, "access.list").error().code == Errc::forbidden);
    // Who is both sees the connections of the app, but decides for its own tenant.
    office.grant("developer", office.tenant_admin, "dispatcher", {});
    CHECK(office.ask(office.tenant_admin, "connection.list")->as_array().size() == 1);
    CHECK(office.ask(office.tenant_admin, "access.list")->as_array().empty());
    CHECK(office.ask(office.operator_peer, "access.list", {{"tenant", "1@integration"}})->as_array().size() == 1);
}
