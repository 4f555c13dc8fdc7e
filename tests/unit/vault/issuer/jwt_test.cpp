#include "daemon/vault/issuer/jwt.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <sodium.h>

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("T-15: a signed token verifies with the public key, and no longer when a bit changes") {
    const auto pair = generate_ed25519();
    const auto token = sign_jwt({{"alg", "EdDSA"}}, {{"sub", "x"}}, pair.private_key);
    const auto last = token.rfind('.');
    auto signature = from_base64url(std::string_view{token}.substr(last + 1));
    REQUIRE(signature);
    const auto signed_part = token.substr(0, last);
    const auto verify = [&](std::string_view message) {
        return crypto_sign_verify_detached(signature->data(), bytes_of(message).data(), message.size(),
                                           pair.public_key.data()) == 0;
    };
    CHECK(verify(signed_part));
    CHECK_FALSE(verify(signed_part + "x"));
    const auto header = from_base64url(std::string_view{token}.substr(0, token.find('.')));
    REQUIRE(header);
    CHECK(text_of(*header) == R"({"alg":"EdDSA"})");
}
