#include "daemon/vault/issuer/jwt.hpp"

#include <doctest/doctest.h>

#include "daemon/vault/issuer/key_pair.hpp"

using namespace jeton;
using namespace jeton::vault;

namespace {

boost::json::string_view json_text(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

TEST_CASE("T-15: a signed token is read back, and verifies with the public key of its algorithm") {
    for (const auto algorithm : signing_algorithms) {
        CAPTURE(name_of(algorithm));
        const auto pair = generate_key_pair(algorithm);
        const auto token = sign_jwt(algorithm, {{"typ", "at+jwt"}}, {{"sub", "x"}}, pair.private_key);
        const auto parsed = parse_jwt(token);
        REQUIRE(parsed);
        CHECK(parsed->header.at("alg") == json_text(name_of(algorithm)));
        CHECK(parsed->header.at("typ") == "at+jwt");
        CHECK(parsed->claims == boost::json::object{{"sub", "x"}});
        CHECK(verifies(pair.public_key, parsed->signed_part, parsed->signature));
        CHECK_FALSE(verifies(pair.public_key, std::string{parsed->signed_part} + "x", parsed->signature));
    }
}
