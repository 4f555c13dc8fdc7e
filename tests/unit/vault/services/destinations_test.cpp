#include "daemon/vault/services/destinations.hpp"

#include "daemon/vault/services/explanation.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/verbs/verbs.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@production";
constexpr const char* here = "https://auth.example/connect/token";
constexpr const char* there = "https://new.example/connect/token";
const ImportedPair old_pair{"cid.a", "cs1.oldoldoldoldoldoldold", {}};
const ImportedPair new_pair{"cid.a", "cs2.newnewnewnewnewnewnew", {}};

struct Moving : Office {
    Moving() {
        connected(name, EnvironmentKind::upstream);
        bind(name);
        REQUIRE(import_pair(name, old_pair));
    }
    Result<json::value> edit(json::object body) {
        body["environment"] = "production";
        return ask(operator_peer, "environment.edit", body);
    }
    void move(const char* endpoint) { REQUIRE(edit({{"token_endpoint", endpoint}, {"import_anew", true}})); }
    Result<TokenDecision> fetch() {
        TokenRequest request;
        request.connection = name;
        return decide(request);
    }
    FoundConnection found() {
        return run([](Transaction& tx) { return find_connection(tx, World::connection(name)); }).value();
    }
    std::vector<Secret> stored() {
        return run([&](Transaction& tx) -> Result<std::vector<Secret>> {
                   return secrets::of(tx, find_connection(tx, World::connection(name))->connection.id);
               })
            .value();
    }
    /// As a store before schema 3 keeps the one secret: bound to the parts of its destination, which is not named.
    void make_older() {
        run([&](Transaction& tx) {
            const auto at = find_connection(tx, World::connection(name)).value();
            auto secret = secrets::of(tx, at.connection.id).front();
            const auto& key = tx.data_key(at.environment);
            const auto value = open(key, place_of(secret, at.environment).place(), secret.sealed);
            secret.destination.clear();
            secret.sealed = seal(key, place_of(secret, at.environment).place(), value.span());
            tx.update(secret);
            record_secret(tx, admin, at, secret, {.name = "test.older"}, clock.now());
        });
    }
};

}  // namespace

TEST_CASE("threat: a hostile front that claims uid 0: no secret is sent to an endpoint it was not imported for") {
    Moving office;
    REQUIRE(office.fetch()->fetch->request.endpoint == here);
    SUBCASE("not without saying that the pairs must be imported anew") {
        const auto refused = office.edit({{"token_endpoint", there}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::wrong_state);
        CHECK(refused.error().what.find("1 connection of production") != std::string::npos);
        CHECK(refused.error().next.find("--import-anew") != std::string::npos);
        CHECK(office.fetch()->fetch->request.endpoint == here);
    }
    SUBCASE("nor after it was said") {
        office.move(there);
        const auto refused = office.fetch();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::temporarily_unavailable);
        // A program learns where to ask, not where tokens came from.
        CHECK(refused.error().what == name + " has no secret for its token endpoint");
        CHECK(refused.error().next == "ask the operator: jeton secret import " + name + " --client-id ID");
        CHECK(refused.error().operator_note.find("cs1.oldo") != std::string::npos);
    }
    SUBCASE("nor by another CA file or client authentication") {
        REQUIRE(office.edit({{"ca_file", "/etc/ssl/evil.pem"}, {"import_anew", true}}));
        CHECK_FALSE(office.fetch());
        REQUIRE(office.edit({{"ca_file", ""}}));
        CHECK(office.fetch());
        REQUIRE(office.edit({{"client_auth", "basic"}, {"import_anew", true}}));
        CHECK_FALSE(office.fetch());
    }
    SUBCASE("nor where a service forgot to look: the seal opens for the destination in the request alone") {
        auto found = office.found();
        const auto secret = office.stored().front();
        office.run([&](Transaction& tx) {
            CHECK(sealed_request(tx, found, secret, "").client_secret.reveal() == old_pair.client_secret);
            found.environment.token_endpoint = there;
            CHECK_THROWS_AS((void)sealed_request(tx, found, secret, ""), Tampered);
        });
    }
}

TEST_CASE("a pair that is imported anew serves the new endpoint, and what it replaces ends") {
    Moving office;
    office.move(there);
    SUBCASE("without a word about the older secret") { REQUIRE(office.import_pair(name, new_pair)); }
    SUBCASE("with an overlap, which a secret that is never sent cannot have") {
        auto overlapping = new_pair;
        overlapping.overlap = 3600s;
        REQUIRE(office.import_pair(name, overlapping));
    }
    SUBCASE("under another client ID") { REQUIRE(office.import_pair(name, {"cid.b", new_pair.client_secret, {}})); }
    const auto fetch = office.fetch();
    REQUIRE(fetch);
    CHECK(fetch->fetch->request.endpoint == there);
    CHECK(fetch->fetch->request.client_secret.reveal() == new_pair.client_secret);
    const auto stored = office.stored();
    REQUIRE(stored.size() == 2);
    CHECK(stored[0].state == SecretState::deactivated);
    CHECK(stored[1].is_active(office.clock.now()));
    CHECK(office.audited("secret.imported").back().detail == "ends cs1.oldo, of another token endpoint");
}

TEST_CASE("a mistyped endpoint that is taken back has cost nothing") {
    Moving office;
    office.move(there);
    CHECK_FALSE(office.fetch());
    REQUIRE(office.edit({{"token_endpoint", here}}));
    const auto fetch = office.fetch();
    REQUIRE(fetch);
    CHECK(fetch->fetch->request.client_secret.reveal() == old_pair.client_secret);
}

TEST_CASE("whoever looks sees which pairs must be imported anew, and how") {
    Moving office;
    office.connected("dispatcher/2@production", EnvironmentKind::upstream);
    const auto seen = [&](const char* verb) { return office.ask_about(office.operator_peer, verb, name).value(); };
    CHECK(office.edit({})->at("need_import").to_number<int>() == 0);
    CHECK(seen("connection.show").at("client_secret_cell") == "cs1.oldo... Manage");
    office.move(there);
    CHECK(office.edit({})->at("need_import").to_number<int>() == 1);  // the other one never had a secret
    const auto shown = seen("connection.show");
    CHECK(shown.at("client_secret_cell") == "Import");
    CHECK(text_at(shown, "hint") ==
          "The token endpoint was changed: import the pair anew: jeton secret import " + name + " --client-id cid.a");
    const auto listed = seen("secret.list");
    CHECK(listed.at(0).at("state") == "active");
    CHECK(text_at(listed.at(0), "problem").find("jeton secret import " + name) != std::string::npos);
    CHECK(office.ask(office.operator_peer, "connection.list", {{"missing_secret", true}})->as_array().size() == 2);
    const auto at = office.found();
    const auto explained =
        office.run([&](Transaction& tx) { return explain(tx, at, office.program, office.clock.now()); });
    CHECK(explained.verdict.find("import the pair anew") != std::string::npos);
    // It is still recognised, where somebody finds it in a file.
    CHECK(text_at(office.ask(office.operator_peer, "secret.identify", {{"value", std::string{old_pair.client_secret}}})
                      .value(),
                  "connection") == name);
    REQUIRE(office.import_pair(name, new_pair));
    CHECK(office.edit({})->at("need_import").to_number<int>() == 0);
    CHECK(seen("secret.list").at(1).at("problem").is_null());
}

TEST_CASE("a secret of an older store has its environment's destination, and keeps it when that changes") {
    Moving office;
    office.make_older();
    REQUIRE(office.stored().front().destination.empty());
    CHECK(office.fetch()->fetch->request.client_secret.reveal() == old_pair.client_secret);
    office.move(there);
    CHECK_FALSE(office.stored().front().destination.empty());
    CHECK_FALSE(office.fetch());
    REQUIRE(office.edit({{"token_endpoint", here}}));
    CHECK(office.fetch()->fetch->request.client_secret.reveal() == old_pair.client_secret);
}

TEST_CASE("an import whose endpoint was changed while the pair was tried is refused") {
    Moving office;
    const json::value body{{"app", "dispatcher"},
                           {"tenant", "1@production"},
                           {"client_id", "cid.a"},
                           {"client_secret", std::string{new_pair.client_secret}}};
    const auto import = [&](std::optional<Landing> landed) {
        return office.run([&](Transaction& tx) -> Result<Outcome> {
            const auto standing = standing_of(tx, office.operator_peer, office.clock.now());
            Call call{tx, office.operator_peer, standing, body, office.room, std::move(landed)};
            return verbs::secret_import(call);
        });
    };
    auto tried = import({});
    REQUIRE(tried);
    ExchangeAnswer answer;
    answer.status = 200;
    answer.access_token = SecretText{"token"};
    answer.token_type = "Bearer";
    const auto landed = office.run([&](Transaction& tx) { return tried->need->land(tx, answer); });
    SUBCASE("changed") {
        office.move(there);
        const auto refused = import(landed);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::wrong_state);
        CHECK(office.stored().size() == 1);
    }
    SUBCASE("not changed") {
        CHECK(import(landed));
        CHECK(office.stored().size() == 2);
    }
}

TEST_CASE("a local environment has no destination to edit") {
    Office office;
    office.environment("integration");
    const auto code = [&](const char* member, json::value value) {
        const json::object body{{"environment", "integration"}, {member, std::move(value)}};
        return office.ask(office.operator_peer, "environment.edit", body).error().code;
    };
    CHECK(code("token_endpoint", there) == Errc::bad_input);
    CHECK(code("client_auth", "basic") == Errc::bad_input);
    CHECK(code("ca_file", "/etc/ssl/ca.pem") == Errc::bad_input);
}
