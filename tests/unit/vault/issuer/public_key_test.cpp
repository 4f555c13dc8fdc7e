#include "daemon/vault/issuer/public_key.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "daemon/vault/issuer/libcrypto_handles.hpp"
#include "tests/unit/results.hpp"

using namespace jeton;
using namespace jeton::vault;

namespace {

// RFC 8037 appendix A.1, A.3, A.4.
constexpr std::string_view ed25519_jwk =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr std::string_view ed25519_signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
constexpr std::string_view ed25519_signature =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

// RFC 7515 appendix A.2.
constexpr std::string_view rsa_jwk =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4)"
    R"(d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB)"
    R"(dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2et)"
    R"(hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})";
constexpr std::string_view rsa_signed =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
    "cnVlfQ";
constexpr std::string_view rsa_signature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr"
    "7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x"
    "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioy"
    "pGlUPQGe77Rw";

// RFC 7515 appendix A.3.
constexpr std::string_view ec_jwk = R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view ec_signed =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
    "cnVlfQ";
constexpr std::string_view ec_signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

struct Vector {
    SigningAlgorithm algorithm;
    std::string_view jwk, signed_part, signature;
};
constexpr std::array vectors{Vector{SigningAlgorithm::eddsa, ed25519_jwk, ed25519_signed, ed25519_signature},
                             Vector{SigningAlgorithm::rs256, rsa_jwk, rsa_signed, rsa_signature},
                             Vector{SigningAlgorithm::es256, ec_jwk, ec_signed, ec_signature}};

PublicKey key_from(std::string_view pem_or_jwk) {
    auto key = read_public_key(pem_or_jwk);
    REQUIRE(key);
    return *std::move(key);
}

std::string with(std::string_view jwk, std::string_view member) {
    return std::string{jwk.substr(0, jwk.size() - 1)} + "," + std::string{member} + "}";
}

/// A key as OpenSSL's own tool writes it.
template <class Write>
std::string pem_of(EVP_PKEY* key, Write write) {
    BIO* const out = BIO_new(BIO_s_mem());
    REQUIRE(write(out, key) == 1);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
}
std::string public_pem(const KeyHandle& key) { return pem_of(key.get(), PEM_write_bio_PUBKEY); }
std::string private_pem(const KeyHandle& key) {
    return pem_of(key.get(), [](BIO* out, EVP_PKEY* one) {
        return PEM_write_bio_PrivateKey(out, one, nullptr, nullptr, 0, nullptr, nullptr);
    });
}

KeyHandle rsa_of(unsigned bits) { return KeyHandle{EVP_RSA_gen(bits)}; }
KeyHandle ec_on(const char* curve) { return KeyHandle{EVP_EC_gen(curve)}; }

}  // namespace

TEST_CASE("T-16: the thumbprints are those of the RFCs' examples") {
    const auto of = [](std::string_view jwk) { return thumbprint(key_from(jwk)); };
    CHECK(of(ed25519_jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");  // RFC 8037 A.3
    CHECK(
        of(R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS)"
           R"(oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQ)"
           R"(MicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINH)"
           R"(aQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})") ==
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");  // RFC 7638 §3.1
}

TEST_CASE("T-16: a key is published with the members of its type and no others") {
    for (const auto& one : vectors) {
        CAPTURE(one.jwk);
        const auto key = key_from(one.jwk);
        CHECK(key.algorithm == one.algorithm);
        auto expected = boost::json::parse({one.jwk.data(), one.jwk.size()}).as_object();
        expected["use"] = "sig";
        expected["alg"] = std::string{name_of(one.algorithm)};
        expected["kid"] = thumbprint(key);
        CHECK(jwk_of(key) == expected);
        CHECK(key_from(boost::json::serialize(jwk_of(key))) == key);
    }
}

TEST_CASE("T-15: the RFCs' example signatures verify; changed ones, and those of another algorithm, do not") {
    for (const auto& one : vectors) {
        CAPTURE(one.jwk);
        const auto key = key_from(one.jwk);
        auto signature = *from_base64url(one.signature);
        CHECK(verifies(key, one.signed_part, signature));
        CHECK_FALSE(verifies(key, std::string{one.signed_part} + "x", signature));
        for (const auto& other : vectors) {
            if (other.algorithm == one.algorithm) continue;
            CHECK_FALSE(verifies(key_from(other.jwk), one.signed_part, signature));
            CHECK_FALSE(verifies({other.algorithm, key.encoded}, one.signed_part, signature));
        }
        CHECK_FALSE(verifies(key, one.signed_part, {}));
        auto longer = signature;
        longer.push_back(0);
        CHECK_FALSE(verifies(key, one.signed_part, longer));
        signature[signature.size() / 2] ^= 1;
        CHECK_FALSE(verifies(key, one.signed_part, signature));
    }
}

TEST_CASE("T-15: the signature of nothing (CVE-2022-21449) is none") {
    const auto key = key_from(ec_jwk);
    CHECK_FALSE(verifies(key, ec_signed, Bytes(64)));
}

TEST_CASE("T-18: public keys are read from PEM as OpenSSL writes them, and are the same as from a JWK") {
    for (const auto& [key, algorithm] :
         {std::pair{rsa_of(2048), SigningAlgorithm::rs256}, std::pair{ec_on("P-256"), SigningAlgorithm::es256},
          std::pair{KeyHandle{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}, SigningAlgorithm::eddsa}}) {
        const auto read = key_from(public_pem(key));
        CHECK(read.algorithm == algorithm);
        CHECK(key_from(boost::json::serialize(jwk_of(read))) == read);
        CHECK(key_from(("\n" + public_pem(key) + "\n")) == read);
    }
}

TEST_CASE("T-18: an EC key with a compressed point or with the curve's numbers spelled out is the same key") {
    const auto key = ec_on("P-256");
    const auto plain = key_from(public_pem(key));
    REQUIRE(EVP_PKEY_set_utf8_string_param(key.get(), "point-format", "compressed") == 1);
    CHECK(key_from(public_pem(key)) == plain);
}

TEST_CASE("T-18: a private key is refused, whatever it comes as") {
    const auto check = [](std::string_view text) {
        CAPTURE(text);
        const auto read = read_public_key(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == Errc::bad_input);
        CHECK(read.error().what.contains("private key"));
        CHECK(read.error().next.contains("-pubout"));
    };
    check(private_pem(ec_on("P-256")));
    check(private_pem(rsa_of(2048)));
    check(with(ed25519_jwk, R"("d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")"));
    check(with(rsa_jwk, R"("p":"AQAB")"));
    check("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n");
}

TEST_CASE("T-18: what is no key for our algorithms is refused, and the way to one is named") {
    const auto check = [](std::string_view text, std::string_view what) {
        CAPTURE(text);
        const auto read = read_public_key(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == Errc::bad_input);
        CHECK(read.error().what.contains(what));
        CHECK_FALSE(read.error().next.empty());
    };
    check("", "no public key");
    check("ssh-ed25519 AAAAC3", "no public key");
    check("{", "no public key");
    check(R"({"kty":"OKP","crv":"Ed25519"})", "no public key");
    check(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})", "no public key");
    check("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no public key");
    check("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate");
    check(public_pem(rsa_of(1024)), "1024 bits");
    check(public_pem(rsa_of(2040)), "2040 bits");
    check(public_pem(ec_on("P-384")), "P-256");
    check(public_pem(ec_on("secp256k1")), "P-256");
    check(public_pem(KeyHandle{EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")}), "X25519");
    check(public_pem(ec_on("P-256")) + public_pem(ec_on("P-256")), "more than one");
    check(R"({"keys":[]})", "set of keys");
    check(R"({"kty":"oct","k":"AAAA"})", "shared key");
    check(R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})", "Ed25519");
    check(with(rsa_jwk, R"("alg":"PS256")"), "RS256");
    check(with(rsa_jwk, R"("alg":"none")"), "RS256");
    check(with(ed25519_jwk, R"("use":"enc")"), "EdDSA");
    check(with(ec_jwk, R"("key_ops":["sign"])"), "ES256");
    // A point of small order: many signatures would be right under it.
    check(R"({"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})", "sound");
    // (1, 1) is not on the curve.
    check(R"({"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE",)"
          R"("y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"})",
          "P-256");
    // With the exponent 1 everything is its own signature.
    auto weak = std::string{rsa_jwk};
    weak.replace(weak.find("AQAB"), 4, "AQ");
    check(weak, "sound");
    weak.replace(weak.find(R"("e":"AQ")"), 8, R"("e":"Ag")");
    check(weak, "sound");
}

TEST_CASE("T-18: a JWK may say what it is for, if that is right") {
    CHECK(read_public_key(with(ed25519_jwk, R"("alg":"Ed25519","use":"sig","kid":"mine")")));
    CHECK(read_public_key(with(rsa_jwk, R"("alg":"RS256","key_ops":["verify"])")));
}
