#include "daemon/vault/services/client_keys.hpp"

#include "daemon/vault/store/client_keys.hpp"
#include "tests/unit/vault/services/assertions.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

KeyPair fresh() { return generate_key_pair(SigningAlgorithm::eddsa); }

}  // namespace

TEST_CASE("T-21 client keys: two are active at most, so that a new one overlaps the old") {
    Keyed world;
    const auto old_key = fresh(), new_key = fresh(), third = fresh();
    REQUIRE(world.add(old_key));
    const auto again = world.add(old_key);
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Errc::already_exists);
    REQUIRE(world.add(new_key));
    const auto refused = world.add(third);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(refused.error().next == "jeton connection key remove " + keyed + " " + thumbprint(old_key.public_key));
    CHECK(world.takes(world.assertion(old_key)));
    CHECK(world.takes(world.assertion(new_key)));

    REQUIRE(world.ask_about(world.admin, "client_key.remove", keyed, {{"kid", thumbprint(old_key.public_key)}}));
    CHECK_FALSE(world.takes(world.assertion(old_key)));
    CHECK(world.takes(world.assertion(new_key)));
    REQUIRE(world.add(third));
    const auto unknown = world.ask_about(world.admin, "client_key.remove", keyed, {{"kid", "x"}});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == Errc::not_found);
    CHECK(world.audited("client_key.added").size() == 3);
    const auto removed = world.audited("client_key.removed");
    REQUIRE(removed.size() == 1);
    CHECK(removed.front().subject == thumbprint(old_key.public_key));
    CHECK(removed.front().connection == keyed);
}

TEST_CASE("client keys: one with an end is refused from then on, and may be given again") {
    Keyed world;
    const auto key = fresh();
    REQUIRE(world.add(key, 600s));
    const auto decision = world.present(world.assertion(key));
    REQUIRE(decision);
    CHECK(decision->token->reuse <= 600s);
    world.clock.advance(600s);
    CHECK_FALSE(world.takes(world.assertion(key)));
    const auto listed = world.ask_about(world.admin, "client_key.list", keyed);
    REQUIRE(listed);
    CHECK(text_at(listed->as_array().at(0), "state") == "expired");
    REQUIRE(world.add(key));
    CHECK(world.takes(world.assertion(key)));
    CHECK(world.ask_about(world.admin, "client_key.list", keyed)->as_array().size() == 1);
}

TEST_CASE("threat: a private key is refused, and said to be seen; what is no key is refused") {
    Keyed world;
    auto jwk = jwk_of(fresh().public_key);
    jwk["d"] = base64url(Bytes(32, 7));
    const auto refused = world.ask_about(world.admin, "client_key.add", keyed, {{"key", json::serialize(jwk)}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::bad_input);
    CHECK(refused.error().what.find("private") != std::string::npos);
    CHECK_FALSE(world.stands_in_a_file(jwk.at("d").as_string().c_str()));
    for (const char* other : {"", "{}", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}) {
        CHECK(world.ask_about(world.admin, "client_key.add", keyed, {{"key", other}}).error().code == Errc::bad_input);
    }
}

TEST_CASE("S35 client keys: who may generate a secret may add a key, and nobody else") {
    Keyed world;
    const json::object body{{"key", json::serialize(jwk_of(fresh().public_key))}};
    CHECK_FALSE(world.ask_about(world.developer, "client_key.add", keyed, body));
    world.grant("tenant-admin", world.tenant_admin, {}, "1@integration");
    CHECK(world.ask_about(world.tenant_admin, "client_key.add", keyed, body).error().code == Errc::forbidden);
    world.grant("developer", world.developer, "dispatcher", {});
    REQUIRE(world.ask_about(world.developer, "client_key.add", keyed, body));
    CHECK(world.ask_about(world.tenant_admin, "client_key.list", keyed)->as_array().size() == 1);
    SUBCASE("where the tenant configures, its admin") {
        const std::string theirs = "mailer/1@integration";
        world.listed(theirs, EnvironmentKind::local, "tenant");
        REQUIRE(world.allow(theirs));
        world.grant("developer", world.developer, "mailer", {});
        CHECK(world.ask_about(world.developer, "client_key.add", theirs, body).error().code == Errc::forbidden);
        REQUIRE(world.ask_about(world.tenant_admin, "client_key.add", theirs, body));
    }
}

TEST_CASE("client keys: of a connection that is connected; shown with it; a key stands for a missing secret") {
    Keyed world;
    world.listed("dispatcher/2@integration");
    const json::object body{{"key", json::serialize(jwk_of(fresh().public_key))}};
    CHECK(world.ask_about(world.admin, "client_key.add", "dispatcher/2@integration", body).error().code ==
          Errc::wrong_state);
    const auto missing = [&] {
        return world.ask(world.admin, "connection.list", {{"missing_secret", true}})->as_array().size();
    };
    CHECK(missing() == 1);
    const auto added = world.ask_about(world.admin, "client_key.add", keyed, body);
    REQUIRE(added);
    CHECK(text_at(*added, "audience") == "http://localhost/integration");
    CHECK(text_at(*added, "client_id") == world.client_id());
    CHECK(missing() == 0);
    const auto shown = world.ask_about(world.admin, "connection.show", keyed);
    REQUIRE(shown);
    CHECK(text_at(shown->at("keys").as_array().at(0), "kid") == text_at(*added, "kid"));
    CHECK(shown->at("hint").is_null());
    CHECK(text_at(*shown, "client_secret_cell") == "Generate");
}

TEST_CASE("client keys: of an upstream connection they stand for the program, with an audience of jeton's own") {
    const std::string remote = "dispatcher/1@production";
    Keyed world{remote, EnvironmentKind::upstream};
    const auto key = fresh();
    const auto early = world.add(key);
    REQUIRE_FALSE(early);
    CHECK(early.error().code == Errc::wrong_state);
    REQUIRE(world.import_pair(remote, {"cid.portal", "a-secret-of-the-portal", {}}));
    REQUIRE(world.add(key));
    auto claims = world.claims();
    claims["aud"] = "https://auth.example";
    CHECK_FALSE(world.takes(Keyed::sign_with(key, Keyed::header(key), claims)));
    claims["aud"] = "http://localhost/production";
    const auto decision = world.present(Keyed::sign_with(key, Keyed::header(key), claims));
    REQUIRE(decision);
    REQUIRE(decision->fetch);  // by the portal's own secret
    CHECK(decision->fetch->secret_prefix == "a-secret");
}

TEST_CASE("client keys: they go with their connection") {
    Keyed world;
    REQUIRE(world.add(fresh()));
    REQUIRE(world.ask_about(world.admin, "access.disable", keyed));
    REQUIRE(world.ask(world.admin, "app.delete", {{"app", "dispatcher"}}));
    CHECK(world.run([](Transaction& tx) { return client_keys::list(tx).size(); }) == 0);
}

TEST_CASE("client keys: a rotation at once leaves them, and its answer says so") {
    Keyed world;
    const auto key = fresh();
    const auto hint = " Client keys go on working: jeton connection key list " + keyed;
    const auto message = [&](const json::object& body) {
        return text_at(world.ask_about(world.admin, "secret.rotate", keyed, body).value(), "message");
    };
    CHECK_FALSE(message({{"now", true}}).contains(hint));
    REQUIRE(world.add(key, 600s));
    CHECK(message({{"now", true}}).ends_with(hint));
    CHECK(world.takes(world.assertion(key)));
    CHECK_FALSE(message({{"overlap", 60}}).contains(hint));
    world.clock.advance(600s);
    CHECK_FALSE(message({{"now", true}}).contains(hint));
}
