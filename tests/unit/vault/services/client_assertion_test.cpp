#include "daemon/vault/services/client_assertion.hpp"

#include <sodium.h>

#include "daemon/vault/store/used_assertions.hpp"
#include "tests/unit/vault/services/assertions.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

/// HMAC-SHA-256, as a forger computes it who takes a public key for a shared one.
std::string hs256(std::span<const unsigned char> key, const std::string& part) {
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data(), key.size());
    crypto_auth_hmacsha256_update(&state, bytes_of(part).data(), part.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    return base64url(mac);
}

bool says(const std::string& note, std::string_view what) { return note.find(what) != std::string::npos; }

struct OneKey : Keyed {
    OneKey() { REQUIRE(add(pair)); }

    std::string with(std::string_view claim, const json::value& value) {
        auto changed = claims();
        changed[json::string_view{claim.data(), claim.size()}] = value;
        return sign_with(pair, header(pair), changed);
    }
    std::string without(std::string_view claim) {
        auto changed = claims();
        changed.erase(json::string_view{claim.data(), claim.size()});
        return sign_with(pair, header(pair), changed);
    }
    std::string headed(std::string_view member, const json::value& value) {
        auto changed = header(pair);
        changed[json::string_view{member.data(), member.size()}] = value;
        return sign_with(pair, changed, claims());
    }
    std::string kid() { return thumbprint(pair.public_key); }

    KeyPair pair = generate_key_pair(SigningAlgorithm::eddsa);
};

}  // namespace

TEST_CASE("T-18 T-21: whoever holds the private key gets a token, by each algorithm") {
    for (const auto algorithm : signing_algorithms) {
        CAPTURE(name_of(algorithm));
        Keyed world;
        const auto pair = generate_key_pair(algorithm);
        const auto added = world.add(pair);
        REQUIRE(added);
        const auto decision = world.present(world.assertion(pair), world.client_id());
        REQUIRE(decision);
        CHECK(decision->token->connection == keyed);
        CHECK(decision->token->via == "key " + added->kid);
        CHECK(decision->token->secret_prefix == added->kid);
    }
}

TEST_CASE("T-18: aud is the issuer alone; the token endpoint, and a list with more, are refused") {
    OneKey world;
    const std::string issuer = "http://localhost/integration";
    const json::array nested(1, json::array{issuer});  // in braces a compiler may take it for a copy
    CHECK(world.takes(world.with("aud", issuer.c_str())));
    CHECK(world.takes(world.with("aud", json::array{issuer})));
    for (const json::value& other :
         {json::value(issuer + "/token"), json::value(issuer + "/"), json::value("http://localhost/production"),
          json::value(json::array{issuer, issuer + "/token"}), json::value(json::array{issuer, issuer}),
          json::value(json::array{}), json::value(nested), json::value(1), json::value(nullptr), json::value("")}) {
        CAPTURE(json::serialize(other));
        CHECK(says(world.refused(world.with("aud", other)), "aud is not"));
    }
    CHECK(says(world.refused(world.without("aud")), "aud is not"));
}

TEST_CASE("T-18: iss, sub and client_id are the client ID") {
    OneKey world;
    for (const char* claim : {"iss", "sub"}) {
        CHECK(says(world.refused(world.with(claim, "jid.other")), "iss and sub"));
        CHECK(says(world.refused(world.with(claim, 1)), "iss and sub"));
        CHECK(says(world.refused(world.without(claim)), "iss and sub"));
    }
    const auto refused = world.present(world.assertion(world.pair), "jid.other");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::invalid_client);
    CHECK(says(refused.error().operator_note, "client_id is not its sub"));
}

TEST_CASE("T-18: exp is needed and near; iat and nbf are not ahead") {
    OneKey world;
    const auto now = world.now();
    CHECK(says(world.refused(world.without("exp")), "exp is missing"));
    CHECK(says(world.refused(world.with("exp", now)), "expired"));
    CHECK(says(world.refused(world.with("exp", now + 3601)), "more than an hour"));
    CHECK(says(world.refused(world.with("exp", "soon")), "no time"));
    CHECK(says(world.refused(world.with("exp", std::numeric_limits<std::int64_t>::max())), "no time"));
    CHECK(says(world.refused(world.with("exp", -1)), "no time"));
    CHECK(says(world.refused(world.with("exp", nullptr)), "no time"));
    CHECK(says(world.refused(world.with("exp", static_cast<double>(now) + 60.5)), "strict"));
    CHECK(world.takes(world.with("exp", now + 3600)));
    CHECK(world.takes(world.with("exp", now + 1)));
    CHECK(world.takes(world.without("iat")));
    for (const char* claim : {"iat", "nbf"}) {
        CHECK(says(world.refused(world.with(claim, now + 31)), "ahead"));
        CHECK(says(world.refused(world.with(claim, "x")), "no time"));
        CHECK(world.takes(world.with(claim, now + 30)));
    }
}

TEST_CASE("T-18: typ is JWT, client-authentication+jwt or absent; kid is the key's or absent") {
    OneKey world;
    for (const char* type : {"JWT", "jwt", "client-authentication+jwt"}) CHECK(world.takes(world.headed("typ", type)));
    auto bare = OneKey::header(world.pair);
    bare.erase("typ");
    CHECK(world.takes(Keyed::sign_with(world.pair, bare, world.claims())));
    for (const json::value& type : {json::value("at+jwt"), json::value(""), json::value(1)}) {
        CHECK(says(world.refused(world.headed("typ", type)), "typ"));
    }
    CHECK(world.takes(world.headed("kid", world.kid().c_str())));
    for (const json::value& kid : {json::value("other"), json::value(""), json::value(1)}) {
        CHECK(says(world.refused(world.headed("kid", kid)), "kid"));
    }
}

TEST_CASE("T-18: an Ed25519 key's algorithm goes by both its names, and the metadata tell both") {
    OneKey world;
    CHECK(world.takes(world.headed("alg", "EdDSA")));
    CHECK(world.takes(world.headed("alg", "Ed25519")));
    const auto metadata = world.ask(world.admin, "metadata.show", {{"environment", "integration"}});
    REQUIRE(metadata);
    CHECK(metadata->at("token_endpoint_auth_signing_alg_values_supported") ==
          json::array{"EdDSA", "RS256", "ES256", "Ed25519"});
}

TEST_CASE("threat: no other algorithm than the key's own is taken, none and HMAC least of all (T-18)") {
    OneKey world;
    const auto forge = [&](const char* algorithm, const std::string& signature) {
        const auto part = unsigned_jwt({{"alg", algorithm}}, world.claims());
        return part + "." + (signature == "hmac" ? hs256(world.pair.public_key.encoded, part) : signature);
    };
    for (const char* algorithm : {"none", "None", "HS256", "RS256", "ES256", "ES384", "PS256", "eddsa", ""}) {
        for (const char* signature : {"", "hmac", "AAAA"}) {
            CAPTURE(algorithm);
            CHECK(says(world.refused(forge(algorithm, signature)), "alg is not"));
        }
    }
    CHECK(says(world.refused(forge("EdDSA", "hmac")), "signature"));
    CHECK(says(world.refused(forge("EdDSA", "")), "signature"));
    // The PEM of an RSA key as the secret of an HMAC: the classic.
    Keyed rsa_world;
    const auto rsa = generate_key_pair(SigningAlgorithm::rs256);
    REQUIRE(rsa_world.add(rsa));
    const auto part = unsigned_jwt({{"alg", "HS256"}}, rsa_world.claims());
    CHECK_FALSE(rsa_world.takes(part + "." + hs256(rsa.public_key.encoded, part)));
}

TEST_CASE("threat: another's key, an altered claim or signature, keys in the header are worth nothing (T-18)") {
    OneKey world;
    const auto other = generate_key_pair(SigningAlgorithm::eddsa);
    CHECK(says(world.refused(world.assertion(other)), "signature"));
    auto led = OneKey::header(other);
    led["jwk"] = jwk_of(other.public_key);
    led["jku"] = "http://localhost/evil";
    led["x5c"] = json::array{"AAAA"};
    led["x5u"] = "http://localhost/evil";
    CHECK(says(world.refused(Keyed::sign_with(other, led, world.claims())), "signature"));
    CHECK(says(world.refused(world.headed("crit", json::array{"exp"})), "crit"));
    CHECK(says(world.refused(world.headed("crit", json::array{})), "crit"));
    const auto good = world.assertion(world.pair);
    for (const auto at : {std::size_t{3}, good.find('.') + 3, good.rfind('.') + 3}) {
        auto altered = good;
        altered[at] = altered[at] == 'A' ? 'B' : 'A';
        CHECK_FALSE(world.takes(altered));
    }
    CHECK(world.takes(good));
}

TEST_CASE("threat: what is no JWS in strict JSON is refused, whatever its length (T-18)") {
    OneKey world;
    const auto signed_text = [&](const std::string& header, const std::string& claims) {
        const auto part = base64url(header) + "." + base64url(claims);
        return part + "." + base64url(sign(SigningAlgorithm::eddsa, world.pair.private_key, part));
    };
    auto twice = json::serialize(world.claims());
    twice.insert(1, R"("sub":"jid.other",)");
    CHECK(says(world.refused(signed_text(R"({"alg":"EdDSA"})", twice)), "strict"));
    CHECK(
        says(world.refused(signed_text(R"({"alg":"none","alg":"EdDSA"})", json::serialize(world.claims()))), "strict"));
    for (const auto& text : {std::string{"x"}, std::string{".."}, std::string{"a.b"}, std::string{"a.b.c.d.e"},
                             world.assertion(world.pair) + ".x", signed_text("[]", "{}"), signed_text("{}", "[]")}) {
        CAPTURE(text);
        CHECK_FALSE(world.takes(text));
    }
    auto padded = world.claims();
    padded["more"] = std::string(assertion_bytes_max, 'x');
    CHECK(says(world.refused(Keyed::sign_with(world.pair, OneKey::header(world.pair), padded)), "longer"));
}

TEST_CASE("threat: an assertion is good for one request, after a restart too (T-18)") {
    OneKey world;
    const auto once = world.assertion(world.pair);
    CHECK(world.takes(once));
    CHECK(says(world.refused(once), "shown before"));
    world.restart();
    CHECK(says(world.refused(once), "shown before"));
    CHECK(world.takes(world.assertion(world.pair)));
    SUBCASE("the jti counts, not the text") {
        auto claims = world.claims();
        const auto jti = claims.at("jti");
        CHECK(world.takes(Keyed::sign_with(world.pair, OneKey::header(world.pair), claims)));
        CHECK(says(world.refused(world.with("jti", jti)), "shown before"));
    }
    SUBCASE("a jti is needed, of a length that can be kept") {
        CHECK(says(world.refused(world.without("jti")), "jti"));
        CHECK(says(world.refused(world.with("jti", "")), "jti"));
        CHECK(says(world.refused(world.with("jti", 7)), "jti"));
        CHECK(says(world.refused(world.with("jti", std::string(256, 'x').c_str())), "jti"));
        CHECK(world.takes(world.with("jti", std::string(255, 'x').c_str())));
    }
    SUBCASE("what is kept goes an hour behind its end, and cannot be shown by then") {
        const auto kept = [&] { return world.run([&](Transaction& tx) { return used_assertions::list(tx).size(); }); };
        CHECK(kept() == 2);
        world.clock.advance(std::chrono::minutes{59});
        CHECK(world.takes(world.assertion(world.pair)));
        CHECK(kept() == 3);
        world.clock.advance(std::chrono::minutes{3});
        CHECK(world.takes(world.assertion(world.pair)));
        CHECK(kept() == 2);
        CHECK(says(world.refused(once), "expired"));
    }
    SUBCASE("T48: a wall clock that is set back does not bring it to life again, nor lock clients out") {
        world.clock.advance(std::chrono::minutes{30});
        CHECK(world.takes(world.assertion(world.pair)));
        world.clock.wall -= std::chrono::minutes{30};
        CHECK(says(world.refused(once), "shown before"));
        CHECK(world.takes(world.assertion(world.pair)));
    }
}

TEST_CASE("threat: a request that is refused for something else has used its assertion up (T-18)") {
    OneKey world;
    const auto once = world.assertion(world.pair);
    const auto ask = [&](const char* scope) {
        return world.outcome(
            world.worker, "token.issue",
            {{"host", "localhost"}, {"scope", scope}, {"auth", {{"method", "assertion"}, {"client_assertion", once}}}});
    };
    const auto first = ask("tn.not.there:r");
    REQUIRE(first);
    CHECK(first->refused->code == Errc::invalid_scope);
    const auto second = ask("");
    REQUIRE(second);
    CHECK(second->refused->code == Errc::invalid_client);
    CHECK(says(second->refused->operator_note, "shown before"));
}

TEST_CASE("T-18: a request that waited for the upstream is not taken for a second one") {
    OneKey world;
    TokenRequest request;
    const auto once = world.assertion(world.pair);
    request.authentication = ClientAuthentication::assertion;
    request.client_assertion = once;
    request.asked_at = world.clock.now();
    CHECK(world.decide(request));
    CHECK_FALSE(world.decide(request));
    request.is_resumed = true;
    CHECK(world.decide(request));
    // It may end while the request waits: what counts is when it was shown.
    world.clock.advance(std::chrono::seconds{61});
    request.asked_at = world.clock.now();
    CHECK(world.decide(request));
}

TEST_CASE("threat: a wrong assertion tells nothing of what exists (T-18)") {
    OneKey world;
    Keyed neighbour{"dispatcher/2@integration"};  // no key there
    auto claims = world.claims();
    claims["iss"] = claims["sub"] = "jid.nobody";
    const auto nobody = world.present(Keyed::sign_with(world.pair, OneKey::header(world.pair), claims));
    const auto expired = world.present(world.with("exp", world.now()));
    const auto forged = world.present(world.assertion(generate_key_pair(SigningAlgorithm::eddsa)));
    const auto keyless = neighbour.present(neighbour.assertion(world.pair));
    for (const auto* refusal : {&nobody, &expired, &forged, &keyless}) {
        REQUIRE_FALSE(*refusal);
        CHECK(refusal->error().code == Errc::invalid_client);
        CHECK(refusal->error().what == nobody.error().what);
        CHECK(refusal->error().next == nobody.error().next);
    }
    CHECK(says(keyless.error().operator_note, "no active key"));
}

TEST_CASE("T-18: an assertion of one environment is worth nothing in another") {
    OneKey world;
    world.connected("dispatcher/1@staging");
    TokenRequest request;
    const auto text = world.assertion(world.pair);
    request.authentication = ClientAuthentication::assertion;
    request.client_assertion = text;
    request.environment = "staging";
    request.asked_at = world.clock.now();
    const auto refused = world.decide(request);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::invalid_client);
    request.environment.reset();
    request.connection = "dispatcher/1@staging";
    CHECK_FALSE(world.decide(request));
    request.connection = keyed;
    CHECK(world.decide(request));
}
