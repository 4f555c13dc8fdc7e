#include "daemon/vault/services/signing.hpp"

#include <optional>
#include <string>
#include <vector>

#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/issuer/jwt.hpp"
#include "daemon/vault/services/introspection.hpp"
#include "daemon/vault/services/key_rotation.hpp"
#include "daemon/vault/services/root_rotation.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/signing_keys.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

struct Signing : Office {
    Signing() {
        connected(name);
        connected("dispatcher/9@production", EnvironmentKind::upstream);
        bind(name);
        NewBinding wanted;
        wanted.introspect = "integration";
        wanted.identity.user = program.user;
        wanted.identity.uid = program.uid;
        REQUIRE(run([&](Transaction& tx) { return add_binding(tx, admin, wanted, clock.now()); }));
    }
    std::string token() {
        TokenRequest request;
        request.connection = name;
        auto decision = decide(request);
        REQUIRE(decision);
        return std::string{decision->token->access_token.reveal()};
    }
    bool is_active(std::string_view text) {
        const auto told =
            run([&](Transaction& tx) { return introspect_token(tx, program, "integration", text, clock.now()); });
        REQUIRE(told);
        return told->has_value();
    }
    Result<Environment> rotate() {
        auto rotated = run([&](Transaction& tx) { return rotate_data_key(tx, admin, "integration", clock.now()); });
        finish();
        return rotated;
    }
    void finish() {
        auto progress = room.resealing;
        const auto always = [] { return true; };
        while (run([&](Transaction& tx) { return reseal_slice(tx, progress, always, clock.now()); })) continue;
        store().finish_destroying_keys();
    }
    Result<Environment> edit(const std::string& algorithm, const std::string& environment = "integration") {
        EnvironmentEdit wanted;
        wanted.signing_alg = algorithm;
        auto edited =
            run([&](Transaction& tx) { return edit_environment(tx, admin, environment, wanted, clock.now()); });
        store().finish_destroying_keys();
        return edited;
    }
    std::vector<SigningKey> rows() {
        return run([&](Transaction& tx) { return signing_keys::of(tx, environments::find(tx, "integration")->id); });
    }
    std::vector<std::string> published() {
        std::vector<std::string> kids;
        const auto keys = run(
            [&](Transaction& tx) { return published_keys(tx, *environments::find(tx, "integration"), clock.now()); });
        for (const auto& key : keys) kids.push_back(key.kid);
        return kids;
    }
    bool erase_ended() {
        return run([&](Transaction& tx) { return erase_ended_keys(tx, clock.now()); });
    }
};

std::string header_of(std::string_view token, const char* member) {
    return std::string{parse_jwt(token)->header.at(member).as_string()};
}

}  // namespace

TEST_CASE("T-16: a rotated key stays published until its last token has expired, then it is gone") {
    Signing office;
    const auto before = office.rows().at(0);
    const auto early = office.token();
    office.clock.advance(100s);
    const auto late = office.token();
    REQUIRE(office.rotate());
    const auto next = office.token();
    CHECK(header_of(late, "kid") == before.kid);
    CHECK(header_of(next, "kid") != before.kid);
    CHECK(office.published() == std::vector{header_of(next, "kid"), before.kid});
    for (const auto& token : {early, late, next}) CHECK(office.is_active(token));
    CHECK_FALSE(office.erase_ended());

    office.clock.advance(800s);
    CHECK_FALSE(office.is_active(early));
    CHECK(office.is_active(late));
    office.clock.advance(99s);
    CHECK(office.is_active(late));
    CHECK(office.published().size() == 2);
    CHECK_FALSE(office.erase_ended());
    office.clock.advance(1s);
    CHECK_FALSE(office.is_active(late));
    CHECK(office.published() == std::vector{header_of(next, "kid")});
    CHECK(office.rows().size() == 2);
    CHECK(office.erase_ended());
    CHECK_FALSE(office.erase_ended());
    CHECK(office.rows().size() == 1);
    const auto erased = office.audited("key.erased");
    REQUIRE_FALSE(erased.empty());
    CHECK(std::ranges::any_of(erased, [&](const AuditEntry& entry) {
        return entry.subject == "signing key " + before.kid + " of integration" && entry.via == "vault";
    }));
}

TEST_CASE("threat: the private half of a key that signs no longer is in no file; nor does its token live by its exp") {
    Signing office;
    const auto before = office.rows().at(0);
    CHECK(office.stands_in_a_file(text_of(before.sealed_private_key)));
    // Whoever stole the private half signs tokens that live for a year.
    const auto forged = office.run([&](Transaction& tx) {
        const auto environment = *environments::find(tx, "integration");
        const auto row = find_connection(tx, World::connection(name))->connection;
        const auto key = open(tx.data_key(environment), place_of(before, environment), before.sealed_private_key);
        const auto now = office.clock.now().time_since_epoch().count();
        return sign_jwt(
            before.algorithm, {{"typ", "at+jwt"}, {"kid", before.kid}},
            {{"iss", environment.issuer}, {"client_id", row.client_id}, {"exp", now + 31'536'000}, {"jti", "0.x"}},
            key);
    });
    CHECK(office.is_active(forged));
    REQUIRE(office.rotate());
    const auto retired = office.rows().back();
    CHECK(retired.kid == before.kid);
    CHECK(retired.sealed_private_key.empty());
    CHECK_FALSE(office.stands_in_a_file(text_of(before.sealed_private_key)));
    office.clock.advance(local_token_life);
    CHECK_FALSE(office.is_active(forged));
    office.restart();
    CHECK(office.is_active(office.token()));
    CHECK(office.run([](Transaction& tx) { return audit::verify(tx); }));
}

TEST_CASE("T48: a clock that is set back keeps a retired key no longer, one that is set forward ends it") {
    Signing office;
    const auto old = office.token();
    REQUIRE(office.rotate());
    SUBCASE("back") {
        office.clock.wall -= 24h;
        office.clock.advance(local_token_life - 1s);
        CHECK(office.published().size() == 2);
        CHECK(office.is_active(old));
        office.clock.advance(1s);
    }
    SUBCASE("back before the rotation: the new key signs all the same") {
        office.clock.wall -= 24h;
        REQUIRE(office.rotate());
        const auto token = office.token();
        CHECK(header_of(token, "kid") == office.published().front());
        CHECK(office.is_active(token));
        CHECK(office.published().size() == 3);
        office.clock.advance(local_token_life);
    }
    SUBCASE("forward") {
        office.clock.wall += local_token_life;
        CHECK(office.published().size() == 1);
        office.clock.wall -= local_token_life;
    }
    CHECK(office.published().size() == 1);
    CHECK_FALSE(office.is_active(old));
}

TEST_CASE("T-15: environment edit changes the algorithm by a new key; tokens of the old one live on") {
    Signing office;
    const auto eddsa = office.token();
    CHECK(header_of(eddsa, "alg") == "EdDSA");
    REQUIRE(office.edit("ES256"));
    const auto es256 = office.token();
    CHECK(header_of(es256, "alg") == "ES256");
    REQUIRE(office.edit("RS256"));
    const auto rs256 = office.token();
    CHECK(header_of(rs256, "alg") == "RS256");
    for (const auto& token : {eddsa, es256, rs256}) CHECK(office.is_active(token));
    CHECK(office.published().size() == 3);
    const auto entries = office.audited("environment.edited");
    REQUIRE(entries.size() == 2);
    CHECK(entries.back().detail.contains("published until"));

    const auto kid = office.published().front();
    REQUIRE(office.edit("RS256"));  // nothing is different
    CHECK(office.published().front() == kid);
    CHECK(office.audited("environment.edited").size() == 2);
    REQUIRE(office.rotate());
    CHECK(header_of(office.token(), "alg") == "RS256");
    office.restart();
    for (const auto& token : {eddsa, es256, rs256}) CHECK(office.is_active(token));
}

TEST_CASE("a signing algorithm that is none, or of an environment that signs nothing, is refused with the way out") {
    Signing office;
    const auto unknown = office.edit("none");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == Errc::bad_input);
    CHECK(unknown.error().next == "give --signing-alg EdDSA, RS256 or ES256");
    const auto elsewhere = office.edit("RS256", "production");
    REQUIRE_FALSE(elsewhere);
    CHECK(elsewhere.error().what == "the tokens of an upstream environment are signed elsewhere");
    CHECK(elsewhere.error().next == "leave out --signing-alg");
    NewEnvironment wanted;
    wanted.name = "other";
    wanted.kind = "local";
    wanted.signing_alg = "ES256";
    const auto create = [&] {
        return office.run(
            [&](Transaction& tx) { return create_environment(tx, office.admin, wanted, office.clock.now()); });
    };
    REQUIRE(create());
    wanted.if_not_exists = true;
    CHECK(create());
    wanted.signing_alg.reset();
    CHECK(create().error().code == Errc::already_exists);
    wanted.name = "third";
    wanted.signing_alg = "HS256";
    CHECK(create().error().code == Errc::bad_input);
}

TEST_CASE("root key rotation: whoever had the old root key may know the signing keys, so they are new, too") {
    Signing office;
    const auto token = office.token();
    REQUIRE(office.run([&](Transaction& tx) { return rotate_root_key(tx, office.admin, office.clock.now()); }));
    CHECK(office.is_active(token));
    const auto next = office.token();
    CHECK(header_of(next, "kid") != header_of(token, "kid"));
    office.finish();
    CHECK(office.is_active(next));
    office.restart();
    CHECK(office.is_active(token));
    CHECK(header_of(office.token(), "kid") == header_of(next, "kid"));
    CHECK(office.rows().size() == 2);
}

TEST_CASE("the pairs that a rotation takes are counted before it runs") {
    Signing office;
    const auto count = [&](auto... arguments) {
        return office.run([&](Transaction& tx) { return rs256_pairs_for(tx, arguments...); });
    };
    CHECK(count("integration") == 0);
    CHECK(count("integration", "RS256") == 1);
    CHECK(count("integration", "ES256") == 0);
    CHECK(count("integration", "none") == 0);
    CHECK(count("production", "RS256") == 0);
    CHECK(count("nowhere", "RS256") == 0);
    REQUIRE(office.edit("RS256"));
    CHECK(count("integration") == 1);
    CHECK(count("integration", "RS256") == 0);
    CHECK(office.run([](Transaction& tx) { return rs256_pairs_for_all(tx); }) == 1);
}

TEST_CASE("an environment is deleted with all its signing keys") {
    Signing office;
    const auto id = office.run([](Transaction& tx) { return environments::find(tx, "integration")->id; });
    REQUIRE(office.rotate());
    CHECK(office.rows().size() == 2);
    REQUIRE(office.run([&](Transaction& tx) {
        return disable_access(tx, office.admin, office.everything, World::connection(name), Grounds{"over", {}},
                              office.clock.now());
    }));
    REQUIRE(office.run(
        [&](Transaction& tx) { return delete_environment(tx, office.admin, "integration", office.clock.now()); }));
    CHECK(office.run([&](Transaction& tx) { return signing_keys::of(tx, id); }).empty());
    office.clock.advance(local_token_life);
    CHECK_FALSE(office.erase_ended());
}
