/// status.show, doctor.show, metrics.show: who is told what, and what is seen.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string endpoint = "https://auth.example/connect/token";

struct Seen : Office {
    Seen() {
        config.paths.state = directory() / "state";
        config.paths.anchor = directory() / "anchor";
    }

    /// As the desk runs a verb of the store itself.
    Result<json::value> look(const Peer& peer, std::string_view name, const json::object& body = {}) {
        const auto* verb = find_verb(name);
        REQUIRE(verb != nullptr);
        const json::value text(body);
        const auto standing = authorise(store(), peer, *verb, clock.now());
        if (!standing) return standing.error();
        StoreCall call{peer, *standing, text, room};
        auto answered = std::get<StoreVerbFunction>(verb->function)(call);
        if (!answered) return answered.error();
        return answered->done.value();
    }
    json::value environment_of(const Peer& peer, std::string_view name) {
        const auto status = look(peer, "status.show").value();
        for (const auto& one : status.at("environments").as_array()) {
            if (one.at("name").as_string() == json::string_view{name.data(), name.size()}) return one;
        }
        FAIL("no such environment");
        return nullptr;
    }
    json::value attention() { return look(operator_peer, "status.show").value().at("attention"); }

    /// What the doctor says of one thing: "severity: what -> next" each.
    std::vector<std::string> findings(std::string_view check, const json::object& body = {}) {
        std::vector<std::string> found;
        const auto all = look(operator_peer, "doctor.show", body).value();
        for (const auto& one : all.as_array()) {
            if (text_at(one, "check") != check) continue;
            const auto next = one.at("next").is_null() ? std::string{} : " -> " + text_at(one, "next");
            found.push_back(text_at(one, "severity") + ": " + text_at(one, "what") + next);
        }
        return found;
    }
    bool finds(std::string_view check, std::string_view begin, const json::object& body = {}) {
        const auto found = findings(check, body);
        INFO(fmt::format("{}", fmt::join(found, "\n")));
        return std::ranges::any_of(found, [&](const auto& one) { return one.starts_with(begin); });
    }

    void fails(const std::string& why) {
        auto& endpoints = room.upstream.endpoints();
        endpoints.sent(endpoint, clock);
        const auto sent_at = clock.boot_time();
        endpoints.landed(endpoint, sent_at);
        endpoints.failed(endpoint, refuse(Errc::temporarily_unavailable, why, "wait"), false, sent_at, clock);
    }

    /// The samples of a family: "labels value" each.
    static std::set<std::string> samples(const json::value& families, std::string_view name) {
        std::set<std::string> found;
        for (const auto& family : families.as_array()) {
            if (text_at(family, "name") != name) continue;
            for (const auto& sample : family.at("samples").as_array())
                found.insert(json::serialize(sample.at("labels")) + " " + json::serialize(sample.at("value")));
        }
        return found;
    }
};

}  // namespace

TEST_CASE("status: environments for who has a role, what needs attention for who sees everything") {
    Seen world;
    world.connected("dispatcher/1234567@integration");
    world.grant("developer", world.developer, "dispatcher", std::nullopt);
    CHECK(world.look(world.worker, "status.show").value().at("environments").as_array().empty());
    const auto developers = world.look(world.developer, "status.show").value();
    CHECK(developers.at("environments").as_array().size() == 1);
    CHECK(developers.at("attention").is_null());
    CHECK(world.attention().at("old_secrets") == 0);
    CHECK(world.environment_of(world.operator_peer, "integration").at("upstream").is_null());
}

TEST_CASE("status: a token endpoint that was not asked, that fails, and that is well again") {
    Seen world;
    world.connected("dispatcher/1234567@production", EnvironmentKind::upstream);
    const auto upstream = [&] { return world.environment_of(world.operator_peer, "production").at("upstream"); };
    CHECK(upstream().at("healthy").is_null());
    const auto began = rfc3339(world.clock.now());
    world.fails("auth.example answered 500");
    world.clock.advance(120s);
    world.fails("auth.example answered 502");
    CHECK(upstream().at("healthy") == false);
    CHECK(upstream().at("state") == "cooling");
    CHECK(text_at(upstream(), "failing_since") == began);
    CHECK(text_at(upstream(), "last_error").find("502") != std::string::npos);
    CHECK(upstream().at("cooling_until").is_string());
    CHECK(upstream().at("requests_last_hour") == 2);
    world.clock.advance(3600s);
    CHECK(upstream().at("state") == "failing");
    world.room.upstream.endpoints().answered(endpoint, "", world.clock.boot_time(), world.clock);
    CHECK(upstream().at("healthy") == true);
    CHECK(upstream().at("last_error").is_null());
    CHECK(upstream().at("failing_since").is_null());
}

TEST_CASE("status: secrets grow old, and what ends soon is told beforehand, with a command") {
    Seen world;
    world.connected("dispatcher/1234567@integration");
    REQUIRE(world.generate("dispatcher/1234567@integration"));
    world.clock.advance(89 * 24h);
    CHECK(world.attention().at("old_secrets") == 0);
    world.clock.advance(24h);
    CHECK(world.attention().at("old_secrets") == 1);
    NewBinding wanted;
    wanted.connection = "dispatcher/1234567@integration";
    wanted.identity.user = "worker";
    wanted.identity.uid = 2000;
    wanted.life = 8 * 24h;
    REQUIRE(world.run([&](Transaction& tx) { return add_binding(tx, world.admin, wanted, world.clock.now()); }));
    CHECK(world.attention().at("ends_soon") == 0);
    world.clock.advance(24h);
    CHECK(world.attention().at("ends_soon") == 1);
    CHECK(json::serialize(world.attention().at("hints")) ==
          R"(["integration: 1 client secret is older than 90 days: jeton secret list --older-than 90d; rotate them",)"
          R"("1 binding ends within 7 days: jeton binding list"])");
    world.clock.advance(7 * 24h);
    CHECK(world.attention().at("ends_soon") == 0);  // it has ended
    world.config.warnings.secret_age_days = 3650;
    world.clock.advance(60s);
    CHECK(world.attention().at("old_secrets") == 0);
}

TEST_CASE("secret list: what is old, and what ends soon although it is used, says what to do") {
    Seen world;
    const std::string name = "dispatcher/1234567@integration";
    world.connected(name);
    const auto prefix = world.generate(name).value().secret.prefix;
    const auto hint = [&](std::size_t at) {
        const auto listed = world.ask(world.operator_peer, "secret.list").value();
        const auto& told = listed.as_array().at(at).at("hint");
        return told.is_null() ? std::string{} : std::string{told.as_string()};
    };
    const auto on_connection = [&] {
        const json::value told = world.ask_about(world.operator_peer, "connection.show", name).value().at("hint");
        return told.is_null() ? std::string{} : std::string{told.as_string()};
    };
    CHECK(hint(0).empty());
    CHECK(on_connection().empty());
    world.clock.advance(100 * 24h);
    CHECK(hint(0) == prefix + "... of " + name + " is 100 days old: jeton secret rotate " + name);
    CHECK(on_connection() == hint(0));
    REQUIRE(world.ask_about(world.operator_peer, "secret.rotate", name));
    CHECK(on_connection().empty());  // it ends, and nobody uses it
    world.use(name, prefix);
    CHECK(on_connection().starts_with(prefix + "... of " + name + " ends at "));
    CHECK(on_connection().ends_with("and was used less than a minute ago by worker"));
}

TEST_CASE("secret list: a pair that its issuer refuses says so") {
    Seen world;
    const std::string name = "dispatcher/1234567@production";
    world.connected(name, EnvironmentKind::upstream);
    const auto secret = world.import_pair(name, {"cid.1", "cs1.abcdefghijklmnopqrstuvwxyz", std::nullopt}).value();
    world.room.upstream.refusals().note(secret.id.text, secret.connection.text,
                                        refuse(Errc::invalid_client, "no", "import"), world.clock);
    const auto told = world.ask(world.operator_peer, "secret.list").value().as_array().at(0).at("hint");
    CHECK(std::string{told.as_string()}.starts_with(secret.prefix + "... is refused by its issuer since "));
    CHECK(world.finds("secrets", "problem: " + secret.prefix + "... of " + name + " is refused by its issuer since "));
}

TEST_CASE("doctor: for operators and auditors") {
    Seen world;
    CHECK(world.look(world.developer, "doctor.show").error().code == Errc::forbidden);
    world.grant("auditor", world.tenant_admin, std::nullopt, std::nullopt);
    CHECK(world.look(world.tenant_admin, "doctor.show"));
    CHECK(world.ask(world.tenant_admin, "doctor.accounts"));
}

TEST_CASE("doctor: a user who left the host, and one whose number another one has") {
    Seen world;
    world.connected("dispatcher/1234567@integration");
    world.bind("dispatcher/1234567@integration");
    world.grant("developer", world.developer, "dispatcher", std::nullopt);
    const auto asked = world.ask(world.operator_peer, "doctor.accounts").value();
    CHECK(json::serialize(asked) == R"({"users":[{"id":2000,"name":"worker"},{"id":2001,"name":"dora"}],"groups":[]})");
    CHECK(world.findings("accounts").empty());  // nobody has looked
    const json::object known{{"users", {{{"id", 2000}, {"name", "worker"}}, {{"id", 2001}, {"name", "dora"}}}}};
    CHECK(world.finds("accounts", "ok: ", known));
    const json::object changed{{"users", {{{"id", 2000}}, {{"id", 2001}, {"name", "mallory"}}}}};
    const auto found = world.findings("accounts", changed);
    REQUIRE(found.size() == 2);
    CHECK(found[0].starts_with("warning: binding "));
    CHECK(found[0].contains("user worker (uid 2000), whom this host does not have any more"));
    CHECK(found[0].contains(" -> jeton binding remove "));
    CHECK(found[1] ==
          "warning: the role developer dispatcher is for user dora, whose uid 2001 belongs to mallory now: it serves "
          "nobody -> jeton role revoke developer dispatcher --user dora");
}

TEST_CASE("doctor: keys, backup and audit, and what mends them") {
    Seen world;
    CHECK(world.finds("store", "ok: "));
    CHECK(world.finds("keys", "note: nothing opens the store at a restart"));
    CHECK(world.finds("keys", "warning: there is no passphrase and no recovery key"));
    CHECK(world.finds("backup", "note: no backup was ever made -> jeton backup FILE"));
    CHECK(world.finds("audit", "ok: "));
    CHECK(world.finds("disk", "ok: "));
    world.clock.advance(40 * 24h);
    CHECK(world.finds("audit", "note: the audit was not verified for 40 days -> jeton audit verify"));
    REQUIRE(world.ask(world.operator_peer, "audit.verify"));
    CHECK(world.finds("audit", "ok: "));
}

TEST_CASE("doctor: an endpoint that fails is a problem, one that was not asked a note") {
    Seen world;
    world.connected("dispatcher/1234567@production", EnvironmentKind::upstream);
    CHECK(world.finds("upstream", "note: production was not asked"));
    world.fails("auth.example answered 500");
    CHECK(world.finds("upstream", "problem: production gives no tokens since "));
    world.room.sightings.note_date(endpoint, world.clock.now().time_since_epoch().count() + 400, world.clock.now());
    CHECK(world.finds("clock", "problem: the clock of this host is 400 s behind that of production"));
    world.room.sightings.note_date(endpoint, world.clock.now().time_since_epoch().count() - 40, world.clock.now());
    CHECK(world.finds("clock", "warning: the clock of this host is 40 s ahead of that of production"));
}

TEST_CASE("doctor: a CA file that cannot be used is a problem, named with what mends it") {
    Seen world;
    world.environment("production", EnvironmentKind::upstream);
    CHECK_FALSE(world.finds("upstream", "problem: "));
    REQUIRE(
        world.ask(world.operator_peer, "environment.edit", {{"environment", "production"}, {"ca_file", "/no/ca.pem"}}));
    CHECK(world.finds("upstream", "problem: production gets no new tokens, because its CA file is of no use: "));
    CHECK(world.findings("upstream").back().contains("/no/ca.pem"));
    CHECK(world.findings("upstream").back().contains("jeton environment edit production --ca-file FILE"));
}

TEST_CASE("doctor: a store that is sealed is the problem, and the rest is looked at all the same") {
    Seen world;
    world.store().seal("for the night");
    CHECK(world.finds("store", "problem: the store is sealed: for the night -> jeton unseal"));
    CHECK(world.finds("disk", "ok: "));
    CHECK(world.finds("keys", "note: nothing opens the store at a restart"));
}

TEST_CASE("metrics: for operators and auditors; of a sealed store everybody sees that it is") {
    Seen world;
    world.connected("dispatcher/1234567@integration");
    CHECK(world.look(world.worker, "metrics.show").error().code == Errc::forbidden);
    const auto all = world.look(world.operator_peer, "metrics.show").value();
    CHECK(Seen::samples(all, "jeton_store_state").contains(R"({"state":"unsealed"} 1)"));
    CHECK(Seen::samples(all, "jeton_connections").contains(R"({"environment":"integration","state":"connected"} 1)"));
    CHECK(Seen::samples(all, "jeton_epoch") == std::set{fmt::format("{{}} {}", world.store().epoch())});
    world.store().seal();
    const auto sealed = world.look(world.worker, "metrics.show").value();
    CHECK(Seen::samples(sealed, "jeton_store_state").contains(R"({"state":"sealed"} 1)"));
    CHECK(sealed.as_array().size() == 2);
}

TEST_CASE("metrics: names of tenants only where they are asked for") {
    Seen world;
    world.connected("dispatcher/1234567@integration");
    REQUIRE(world.generate("dispatcher/1234567@integration"));
    world.clock.advance(100s);
    CHECK_FALSE(json::serialize(world.look(world.operator_peer, "metrics.show").value()).contains("1234567"));
    const auto all = world.look(world.operator_peer, "metrics.show", {{"tenants", true}}).value();
    CHECK(Seen::samples(all, "jeton_connection_secret_age_seconds") ==
          std::set<std::string>{R"({"app":"dispatcher","tenant":"1234567","environment":"integration"} 100)"});
    CHECK(Seen::samples(all, "jeton_connection_state").size() == 1);
}

TEST_CASE("metrics: no family and no series stands twice, counters are called so, everything has a help") {
    Seen world;
    world.connected("dispatcher/1234567@integration");
    world.connected("dispatcher/1234567@production", EnvironmentKind::upstream);
    world.fails("auth.example answered 500");
    std::set<std::string> names;
    const auto all = world.look(world.operator_peer, "metrics.show", {{"tenants", true}}).value();
    for (const auto& family : all.as_array()) {
        const auto name = text_at(family, "name");
        INFO(name);
        CHECK(names.insert(name).second);
        CHECK(name.starts_with("jeton_"));
        CHECK(name.ends_with("_total") == (text_at(family, "type") == "counter"));
        CHECK(text_at(family, "help").ends_with("."));
        std::set<std::string> series;
        for (const auto& sample : family.at("samples").as_array())
            CHECK(series.insert(json::serialize(sample.at("labels"))).second);
    }
    CHECK(names.contains("jeton_upstream_requests_total"));
}
