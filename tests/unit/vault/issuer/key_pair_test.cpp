#include "daemon/vault/issuer/key_pair.hpp"

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("T-15: each algorithm signs what its public key verifies, in the form of RFC 7518") {
    for (const auto algorithm : signing_algorithms) {
        CAPTURE(name_of(algorithm));
        const auto pair = generate_key_pair(algorithm);
        CHECK(pair.public_key.algorithm == algorithm);
        const auto signature = sign(algorithm, pair.private_key, "signed");
        CHECK(signature.size() == (algorithm == SigningAlgorithm::rs256 ? rsa_signing_bits / 8 : 64));
        CHECK(verifies(pair.public_key, "signed", signature));
        CHECK_FALSE(verifies(pair.public_key, "other", signature));
        CHECK_FALSE(verifies(generate_key_pair(SigningAlgorithm::es256).public_key, "signed", signature));
    }
}

TEST_CASE("T-15: r and s keep their 32 bytes when they begin with zeros") {
    const auto pair = generate_key_pair(SigningAlgorithm::es256);
    // One in 128 has a short r or s: in 1,000 signatures there is one but for one case in 2,500.
    for (int i = 0; i < 1000; ++i) {
        const auto signature = sign(SigningAlgorithm::es256, pair.private_key, "signed");
        REQUIRE(signature.size() == 64);
        REQUIRE(verifies(pair.public_key, "signed", signature));
    }
}

TEST_CASE("T-9: no two key pairs are the same, and a private key is as long as its algorithm wants") {
    for (const auto algorithm : {SigningAlgorithm::eddsa, SigningAlgorithm::es256}) {
        const auto one = generate_key_pair(algorithm);
        const auto other = generate_key_pair(algorithm);
        CHECK(one.public_key != other.public_key);
        CHECK(thumbprint(one.public_key) != thumbprint(other.public_key));
        CHECK(one.private_key.size() == (algorithm == SigningAlgorithm::eddsa ? 64 : 32));
    }
}

TEST_CASE("a private key that is none is a fault, not a signature") {
    for (const auto algorithm : signing_algorithms) {
        CAPTURE(name_of(algorithm));
        CHECK_THROWS_AS((void)sign(algorithm, SecretBytes{}, "signed"), std::runtime_error);
        CHECK_THROWS_AS((void)sign(algorithm, SecretBytes{5}, "signed"), std::runtime_error);
    }
    CHECK_THROWS_AS((void)sign(SigningAlgorithm::es256, SecretBytes{32}, "signed"), std::runtime_error);  // zero
}

TEST_CASE("key pairs that were made before are given away once, and others made on the spot") {
    KeyPairs pairs;
    auto made = generate_key_pair(SigningAlgorithm::rs256);
    const auto kid = thumbprint(made.public_key);
    pairs.add(std::move(made));
    CHECK(pairs.ready() == 1);
    CHECK(pairs.take(SigningAlgorithm::es256).public_key.algorithm == SigningAlgorithm::es256);
    CHECK(pairs.ready() == 1);
    CHECK(thumbprint(pairs.take(SigningAlgorithm::rs256).public_key) == kid);
    CHECK(pairs.ready() == 0);
    CHECK(thumbprint(pairs.take(SigningAlgorithm::rs256).public_key) != kid);
}
