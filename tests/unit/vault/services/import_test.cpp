#include "daemon/vault/services/import.hpp"

#include "daemon/vault/services/connections.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/verbs/verbs.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@production";

/// An operator who moves settings into a vault that knows the app and two upstream environments.
struct Moving : Office {
    Moving() {
        environment("production", EnvironmentKind::upstream);
        environment("sandbox", EnvironmentKind::upstream);
        app("dispatcher");
    }

    static json::object settings(const char* tenant = "1") {
        return {{"app", "dispatcher"},
                {"tenant", tenant},
                {"selector", "production"},
                {"origin", "/srv/a/.env:3"},
                {"client_id", std::string{"cid.of-"} + tenant},
                {"client_secret", std::string{"cs1.the-secret-of-tenant-"} + tenant}};
    }

    Result<Outcome> attempt(const json::object& body, const std::optional<Landing>& landed, const Peer& peer) {
        const json::value text(body);
        return run([&](Transaction& tx) -> Result<Outcome> {
            const auto standing = authorise(tx, peer, *find_verb("import.row"), text, clock.now());
            if (!standing) return standing.error();
            Call call{tx, peer, *standing, text, room, landed};
            return verbs::import_row(call);
        });
    }
    Result<Outcome> attempt(const json::object& body, const std::optional<Landing>& landed = {}) {
        return attempt(body, landed, operator_peer);
    }

    /// Both runs, with an endpoint in between that accepts every pair.
    Result<json::value> import(const json::object& body) {
        auto tried = attempt(body);
        if (!tried) return tried.error();
        if (!tried->need) return *std::move(tried->done);
        ++requests;
        ExchangeAnswer answer;
        answer.status = 200;
        answer.access_token = SecretText{"token"};
        answer.token_type = "Bearer";
        answer.expires_in = 900;
        const auto landed = run([&](Transaction& tx) { return tried->need->land(tx, answer); });
        auto done = attempt(body, landed);
        if (!done) return done.error();
        return *std::move(done->done);
    }

    Error refusal(const json::object& body) {
        auto answer = import(body);
        REQUIRE_FALSE(answer);
        return answer.error();
    }

    std::size_t count_secrets() {
        return run([&](Transaction& tx) {
                   return secrets::of(tx, find_connection(tx, connection(name))->connection.id);
               })
            .size();
    }

    int requests = 0;
};

}  // namespace

TEST_CASE("P12: a row makes tenant, listing, recorded consent and secret in one change, and says so in the audit") {
    Moving office;
    const auto before = office.store().epoch();
    const auto done = office.import(Moving::settings());
    REQUIRE(done);
    CHECK(text_at(*done, "connection") == name);
    CHECK(text_at(*done, "result") == "imported");
    CHECK(text_at(*done, "prefix") == "cs1.the-");
    CHECK(office.store().epoch() == before + 1);
    const auto row = office.row(name);
    CHECK(row.state == ConnectionState::connected);
    CHECK(row.client_id == "cid.of-1");
    CHECK(row.accepted_version == 1);
    CHECK(row.consent_source == "portal");
    CHECK(row.consent_reason == "imported from /srv/a/.env:3 by root");
    for (const auto* event : {"tenant.created", "app.tenant_added", "access.recorded", "secret.imported"}) {
        INFO(event);
        CHECK(office.audited(event).size() == 1);
    }
    CHECK_FALSE(office.stands_in_a_file("the-secret-of-tenant"));
}

TEST_CASE("P12: the same row again changes nothing and asks nobody: an import goes on where it stopped") {
    Moving office;
    REQUIRE(office.import(Moving::settings()));
    const auto before = office.store().epoch();
    const auto again = office.import(Moving::settings());
    REQUIRE(again);
    CHECK(text_at(*again, "result") == "unchanged");
    CHECK(office.requests == 1);
    CHECK(office.store().epoch() == before);
    CHECK(office.count_secrets() == 1);
}

TEST_CASE("P12: a pair that the endpoint refuses leaves nothing behind") {
    Moving office;
    auto tried = office.attempt(Moving::settings());
    REQUIRE(tried);
    ExchangeAnswer answer;
    answer.status = 400;
    answer.error = "invalid_client";
    const auto landed = office.run([&](Transaction& tx) { return tried->need->land(tx, answer); });
    const auto refused = office.attempt(Moving::settings(), landed);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::invalid_client);
    CHECK_FALSE(office.run([](Transaction& tx) { return find_tenant(tx, World::tenant_name("1@production")); }));
}

TEST_CASE("P12 dry run: says what would be done; nothing changes and nobody is asked") {
    Moving office;
    auto body = Moving::settings();
    body["dry_run"] = true;
    const auto before = office.store().epoch();
    const auto planned = office.attempt(body);
    REQUIRE(planned);
    REQUIRE(planned->done);
    CHECK_FALSE(planned->need);
    CHECK(text_at(*planned->done, "result") == "imported");
    CHECK(planned->done->at("steps").as_array().size() == 4);
    CHECK(office.store().epoch() == before);
}

TEST_CASE("P10: which environment a row is of: as it is told, by name, by host; never the other one") {
    Moving office;
    NewEnvironment portal;
    portal.name = "st-int";
    portal.preset = "servicetitan-integration";
    REQUIRE(
        office.run([&](Transaction& tx) { return create_environment(tx, office.admin, portal, office.clock.now()); }));
    const auto lands_in = [&](const char* environment, const char* selector) {
        auto body = Moving::settings();
        body["dry_run"] = true;
        body["environment"] = environment;
        body["selector"] = selector;
        const auto planned = office.attempt(body);
        return planned ? text_at(*planned->done, "environment") : planned.error().what;
    };
    CHECK(lands_in("", "production") == "production");
    CHECK(lands_in("", "integration") == "st-int");
    CHECK(lands_in("", "auth-integration.servicetitan.io") == "st-int");
    CHECK(lands_in("", "sandbox") == "sandbox");
    CHECK(lands_in("", "Prod") == "production");
    CHECK(lands_in("", "int") == "st-int");
    office.environment("live", EnvironmentKind::upstream);
    CHECK(lands_in("", "live") == "live");
    CHECK(lands_in("", "prd") == "production");
    CHECK(lands_in("sandbox", "integration") == "sandbox");
    CHECK(lands_in("st-int", "production") == "the row is of production, not of st-int");
    CHECK(lands_in("production", "integration") == "the row is of integration, not of production");
    CHECK(lands_in("", "elsewhere") == "there is no upstream environment for elsewhere");
    CHECK(lands_in("", "") == "the row does not say of which environment the pair is");
}

TEST_CASE("P10, S3: a client ID that lives elsewhere is refused with where") {
    Moving office;
    REQUIRE(office.import(Moving::settings()));
    auto other_tenant = Moving::settings("2");
    other_tenant["client_id"] = "cid.of-1";
    CHECK(office.refusal(other_tenant).what == "this client ID is the one of " + name);
    auto other_environment = Moving::settings();
    other_environment["selector"] = "sandbox";
    CHECK(office.refusal(other_environment).what ==
          "this client ID is the one of " + name + ", in another environment");
}

TEST_CASE("a network of tenants: rows share one pair where a form field tells their tenants apart") {
    Moving office;
    const auto of = [](const char* tenant, const char* field) {
        auto row = Moving::settings(tenant);
        row["client_id"] = "cid.of-the-network";
        row["client_secret"] = "cs1.the-secret-of-the-network";
        if (field != nullptr) row["form_fields"] = {{"tenant", field}};
        return row;
    };
    auto dry = of("1", "1");
    dry["dry_run"] = true;
    const auto planned = office.import(dry);
    REQUIRE(planned);
    CHECK(json::serialize(planned->at("steps")).contains("sends tenant=1 beside the pair"));
    const auto tried = office.attempt(of("1", "1"));
    REQUIRE(tried);
    CHECK(tried->need->request.form == std::vector<FormField>{{"tenant", "1"}});
    REQUIRE(office.import(of("1", "1")));
    REQUIRE(office.import(of("2", "2")));
    CHECK(office.row("dispatcher/2@production").form_fields == std::vector<std::string>{"tenant=2"});
    CHECK(office.requests == 2);
    const auto refused = office.refusal(of("3", "2"));
    CHECK(refused.code == Errc::already_exists);
    CHECK(refused.next.contains("form_field.NAME"));
    CHECK(office.refusal(of("3", nullptr)).code == Errc::already_exists);
    CHECK(office.refusal(of("3", "")).code == Errc::bad_input);
    // What is in is unchanged, also where a row names no fields; other fields are tried like another pair.
    CHECK(office.import(of("2", "2"))->at("result") == "unchanged");
    CHECK(office.import(of("2", nullptr))->at("result") == "unchanged");
    CHECK(office.requests == 2);
    CHECK(office.import(of("2", "20"))->at("result") == "imported");
    CHECK(office.requests == 3);
    CHECK(office.row("dispatcher/2@production").form_fields == std::vector<std::string>{"tenant=20"});
    const auto secrets_of_two = office.run([&](Transaction& tx) {
        return secrets::of(tx, find_connection(tx, World::connection("dispatcher/2@production"))->connection.id).size();
    });
    CHECK(secrets_of_two == 1);
    // Nobody gets out of the network by an edit that would make two of them one.
    const auto edited = office.run([&](Transaction& tx) {
        return edit_connection(tx, office.operator_peer, World::connection("dispatcher/2@production"),
                               {.form_fields = std::vector<FormField>{{"tenant", "1"}}}, office.clock.now());
    });
    CHECK(edited.error().code == Errc::already_exists);
}

TEST_CASE("S17: a second secret is taken beside the first, a third is refused, and so is another client ID") {
    Moving office;
    REQUIRE(office.import(Moving::settings()));
    auto second = Moving::settings();
    second["client_secret"] = "cs1.another-secret-of-one";
    REQUIRE(office.import(second));
    auto third = Moving::settings();
    third["client_secret"] = "cs1.yet-another-secret-of-one";
    const auto refused = office.refusal(third);
    CHECK(refused.what == "Only two active secrets are allowed at a time");
    CHECK(refused.next.find("jeton secret deactivate " + name) == 0);
    auto other_id = Moving::settings();
    other_id["client_id"] = "cid.newer";
    CHECK(office.refusal(other_id).what == name + " has an active secret of another client ID");
}

TEST_CASE("a disabled connection: its own pair is unchanged and said to be paused, another is refused") {
    Moving office;
    REQUIRE(office.import(Moving::settings()));
    REQUIRE(office.run([&](Transaction& tx) {
        return disable_access(tx, office.admin, office.everything, World::connection(name), {}, office.clock.now());
    }));
    const auto same = office.import(Moving::settings());
    REQUIRE(same);
    CHECK(text_at(*same, "why").find("disabled (paused)") != std::string::npos);
    auto other = Moving::settings();
    other["client_secret"] = "cs1.another-secret-of-one";
    CHECK(office.refusal(other).code == Errc::wrong_state);
}

TEST_CASE("the app key of another app is refused, and one of jeton's own making is remarked") {
    Moving office;
    auto body = Moving::settings();
    body["app_key"] = "ak1.of-the-portal";
    const auto done = office.import(body);
    REQUIRE(done);
    CHECK(text_at(*done, "why").find("was made by jeton") != std::string::npos);
    NewApp wanted{"portal", "Acme", "https://acme.example", "developer", {"tn.crm.customers:r"}, "ak1.of-the-portal",
                  false};
    REQUIRE(office.run(
        [&](Transaction& tx) { return create_app(tx, office.admin, office.everything, wanted, office.clock.now()); }));
    auto other = Moving::settings("2");
    other["app"] = "portal";
    other["app_key"] = "ak1.of-somebody-else";
    CHECK(office.refusal(other).code == Errc::mismatch);
}

TEST_CASE("S5, S35: an app's developer imports what is connected, where developers hold secrets, and no more") {
    Moving office;
    office.grant("developer", office.developer, "dispatcher", {});
    const auto by_developer = [&] { return office.attempt(Moving::settings(), {}, office.developer); };
    CHECK(by_developer().error().code == Errc::forbidden);  // no secrets of developers in production
    EnvironmentEdit edit;
    edit.developer_access = true;
    REQUIRE(office.run(
        [&](Transaction& tx) { return edit_environment(tx, office.admin, "production", edit, office.clock.now()); }));
    CHECK(by_developer().error().what == name + ": Not Connected Yet, and only an operator records that it is");
    office.tenant("1@production");
    REQUIRE(office.run([&](Transaction& tx) {
        return add_tenant(tx, office.admin, World::connection(name), "", false, office.clock.now());
    }));
    REQUIRE(office.allow(name));
    CHECK(by_developer());
    CHECK(office.attempt(Moving::settings(), {}, office.worker).error().code == Errc::forbidden);
    office.grant("tenant-admin", office.tenant_admin, {}, "1@production");
    CHECK_FALSE(office.attempt(Moving::settings(), {}, office.tenant_admin));
}
