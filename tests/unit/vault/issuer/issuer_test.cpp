#include "daemon/vault/issuer/issuer.hpp"

#include <set>
#include <string>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "daemon/vault/issuer/jwt.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace std::chrono_literals;

namespace {

const UtcSeconds noon{std::chrono::seconds{1'800'000'000}};

struct Issuing {
    explicit Issuing(SigningAlgorithm algorithm) : pair(generate_key_pair(algorithm)) {
        environment.id = EnvironmentId::fresh();
        environment.name = "integration";
        environment.issuer = "http://localhost/integration";
        key = make_signing_key(data_key, environment, pair, noon);
    }
    std::string token() {
        return sign_access_token(data_key, environment, key,
                                 {"jid.x", "1234567", "dispatcher", "tn.jpm.jobs:r", {environment.issuer}, 3}, noon);
    }
    bool accepts(std::string_view token, JudgedAt at = {noon, noon}) {
        return verify_access_token(environment, {key}, token, at).has_value();
    }
    /// `header` and the claims of a good token, signed by the right key.
    std::string signed_with(SigningAlgorithm algorithm, const boost::json::object& header,
                            const boost::json::object& claims) {
        return sign_jwt(algorithm, header, claims, pair.private_key);
    }

    DataKey data_key = DataKey::generate();
    Environment environment;
    KeyPair pair;
    SigningKey key;
};

boost::json::string_view json_text(std::string_view text) { return {text.data(), text.size()}; }

std::set<std::string> names_in(const boost::json::object& object) {
    std::set<std::string> names;
    for (const auto& member : object) names.emplace(member.key());
    return names;
}

}  // namespace

TEST_CASE("T-15: a token has the header and every claim that RFC 9068 requires, in each algorithm") {
    for (const auto algorithm : signing_algorithms) {
        CAPTURE(name_of(algorithm));
        Issuing issuing{algorithm};
        const auto parsed = parse_jwt(issuing.token());
        REQUIRE(parsed);
        CHECK(parsed->header == boost::json::object{{"typ", "at+jwt"},
                                                    {"kid", issuing.key.kid},
                                                    {"alg", std::string{name_of(algorithm)}}});
        const auto& claims = parsed->claims;
        for (const auto* name : {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"}) {
            CAPTURE(name);
            CHECK(claims.contains(name));
        }
        CHECK(claims.at("iss") == json_text(issuing.environment.issuer));
        CHECK(claims.at("aud") == json_text(issuing.environment.issuer));
        CHECK(claims.at("sub") == "jid.x");
        CHECK(claims.at("client_id") == "jid.x");
        CHECK(claims.at("scope") == "tn.jpm.jobs:r");
        CHECK(claims.at("iat").as_int64() == noon.time_since_epoch().count());
        CHECK(claims.at("exp").as_int64() == claims.at("iat").as_int64() + 900);
        CHECK(issuing.accepts(issuing.token()));
    }
}

TEST_CASE("T-9: jti has 128 random bits and never comes again") {
    Issuing issuing{SigningAlgorithm::eddsa};
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto jti = std::string{parse_jwt(issuing.token())->claims.at("jti").as_string()};
        CHECK(jti.starts_with("3."));
        CHECK(jti.size() == 2 + 32);
        CHECK(seen.insert(jti).second);
    }
}

TEST_CASE("T-15: the algorithm is that of the key, never the one that a token names") {
    for (const auto algorithm : signing_algorithms) {
        CAPTURE(name_of(algorithm));
        Issuing issuing{algorithm};
        const auto good = parse_jwt(issuing.token());
        REQUIRE(good);
        CHECK(issuing.accepts(
            issuing.signed_with(algorithm, {{"typ", "at+jwt"}, {"kid", issuing.key.kid}}, good->claims)));
        for (const auto* named : {"none", "None", "HS256", "ES384", "Ed25519", ""}) {
            auto header = good->header;
            header["alg"] = named;
            auto token =
                base64url(boost::json::serialize(header)) + "." + base64url(boost::json::serialize(good->claims));
            const auto signature = sign(algorithm, issuing.pair.private_key, token);
            CHECK_FALSE(issuing.accepts(token + "." + base64url(signature)));
            CHECK_FALSE(issuing.accepts(token + "."));
        }
        // RFC 8725 §3.11: another kind of JWT, and a key that is not ours.
        CHECK_FALSE(
            issuing.accepts(issuing.signed_with(algorithm, {{"typ", "JWT"}, {"kid", issuing.key.kid}}, good->claims)));
        CHECK_FALSE(
            issuing.accepts(issuing.signed_with(algorithm, {{"typ", "at+jwt"}, {"kid", "other"}}, good->claims)));
        CHECK_FALSE(issuing.accepts(issuing.signed_with(algorithm, {{"typ", "at+jwt"}}, good->claims)));
    }
}

TEST_CASE("T-10: a token that its key did not sign, of another issuer, or past its end is inactive") {
    for (const auto algorithm : signing_algorithms) {
        CAPTURE(name_of(algorithm));
        Issuing issuing{algorithm};
        const auto token = issuing.token();
        const auto good = parse_jwt(token);
        REQUIRE(good);
        const boost::json::object header{{"typ", "at+jwt"}, {"kid", issuing.key.kid}};

        auto wider = good->claims;
        wider["scope"] = "tn.jpm.jobs:r tn.jpm.jobs:w";
        const auto forged = token.substr(0, token.find('.') + 1) + base64url(boost::json::serialize(wider));
        CHECK_FALSE(issuing.accepts(forged + token.substr(token.rfind('.'))));
        const auto other = generate_key_pair(algorithm);
        CHECK_FALSE(issuing.accepts(sign_jwt(algorithm, header, good->claims, other.private_key)));

        auto elsewhere = good->claims;
        elsewhere["iss"] = "http://localhost/production";
        CHECK_FALSE(issuing.accepts(issuing.signed_with(algorithm, header, elsewhere)));

        CHECK(issuing.accepts(token, {noon + 899s, noon + 899s}));
        CHECK_FALSE(issuing.accepts(token, {noon + 900s, noon}));
        CHECK_FALSE(issuing.accepts(token, {noon, noon + 900s}));
    }
}

TEST_CASE("T-16: the key set has the members of each key type, and no private one") {
    const std::set<std::string> common{"kty", "use", "alg", "kid"};
    const auto with = [&](std::set<std::string> more) {
        more.insert(common.begin(), common.end());
        return more;
    };
    const auto published = [](SigningAlgorithm algorithm) {
        Issuing issuing{algorithm};
        const auto set = key_set({issuing.key});
        CHECK(names_in(set) == std::set<std::string>{"keys"});
        REQUIRE(set.at("keys").as_array().size() == 1);
        auto jwk = set.at("keys").at(0).as_object();
        CHECK(jwk.at("use") == "sig");
        CHECK(jwk.at("alg") == json_text(name_of(algorithm)));
        CHECK(jwk.at("kid") == json_text(issuing.key.kid));
        CHECK(issuing.key.kid == thumbprint(issuing.pair.public_key));
        return jwk;
    };
    const auto okp = published(SigningAlgorithm::eddsa);
    CHECK(names_in(okp) == with({"crv", "x"}));
    CHECK(okp.at("kty") == "OKP");
    CHECK(okp.at("crv") == "Ed25519");
    const auto ec = published(SigningAlgorithm::es256);
    CHECK(names_in(ec) == with({"crv", "x", "y"}));
    CHECK(ec.at("kty") == "EC");
    CHECK(ec.at("crv") == "P-256");
    CHECK(ec.at("x").as_string().size() == 43);
    CHECK(ec.at("y").as_string().size() == 43);
    const auto rsa = published(SigningAlgorithm::rs256);
    CHECK(names_in(rsa) == with({"n", "e"}));
    CHECK(rsa.at("kty") == "RSA");
    CHECK(rsa.at("e") == "AQAB");
    CHECK(from_base64url(std::string_view{rsa.at("n").as_string()})->size() == rsa_signing_bits / 8);
}
