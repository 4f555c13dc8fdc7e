#include "daemon/vault/keys/data_key.hpp"

#include <array>
#include <numeric>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/vault/keys/known_answers.hpp"

using namespace jeton;
using namespace jeton::vault;

namespace {

SecretBytes counting(unsigned char from) {
    SecretBytes bytes{key_size};
    std::iota(bytes.data(), bytes.data() + bytes.size(), from);
    return bytes;
}

constexpr SealedPlace here{"secrets", "5ec", "e11", 2};

std::string revealed(const SecretBytes& bytes) { return std::string{text_of(bytes.span())}; }

}  // namespace

TEST_CASE("seal: a value opens where it was sealed, and each time looks different") {
    const auto key = DataKey::generate();
    const auto sealed = seal(key, here, bytes_of("a client secret"));
    CHECK(revealed(open(key, here, sealed)) == "a client secret");
    CHECK(seal(key, here, bytes_of("a client secret")) != sealed);
    CHECK(sealed.size() == 15 + 41);
    CHECK(open(key, here, seal(key, here, {})).empty());
}

TEST_CASE("seal: a value moved to another place does not open, and the place is named (T29)") {
    const auto key = DataKey::generate();
    const auto sealed = seal(key, here, bytes_of("a client secret"));
    CHECK_THROWS_AS((void)open(key, {"signing_keys", "5ec", "e11", 2}, sealed), Tampered);
    CHECK_THROWS_AS((void)open(key, {"secrets", "5ed", "e11", 2}, sealed), Tampered);
    CHECK_THROWS_AS((void)open(key, {"secrets", "5ec", "e12", 2}, sealed), Tampered);
    CHECK_THROWS_AS((void)open(key, {"secrets", "5ec", "e11", 3}, sealed), Tampered);
    CHECK_THROWS_AS((void)open(key, {"secret", "s5ec", "e11", 2}, sealed), Tampered);
    CHECK_THROWS_AS((void)open(DataKey::generate(), here, sealed), Tampered);
    CHECK_THROWS_WITH_AS((void)open(key, {"secrets", "5ed", "e11", 2}, sealed),
                         "row 5ed of table secrets was edited outside jeton", Tampered);
}

TEST_CASE("seal: every cut and every flipped bit is noticed") {
    const auto key = DataKey::generate();
    const auto sealed = seal(key, here, bytes_of("a client secret"));
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        CHECK_THROWS_AS((void)open(key, here, std::span{sealed}.first(size)), Tampered);
    }
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto flipped = sealed;
        flipped[bit / 8] = static_cast<unsigned char>(flipped[bit / 8] ^ 1U << bit % 8);
        CHECK_THROWS_AS((void)open(key, here, flipped), Tampered);
    }
}

TEST_CASE("seal, verifier and wrapped data key have the documented form") {
    const DataKey key{counting(100)};
    CHECK(revealed(open(key, here, *from_hex(known::value))) == "a client secret");
    CHECK(check_verifier(key, here, *from_hex(known::verifier), "jcs.secret"));
    CHECK_FALSE(check_verifier(key, here, *from_hex(known::verifier), "jcs.secreT"));

    const auto unwrapped = unwrap_data_key(RootKey{counting(0)}, *from_hex(known::wrapped_data_key), "e11", 2);
    REQUIRE(unwrapped);
    CHECK(text_of(unwrapped->reveal()) == text_of(key.reveal()));
}

TEST_CASE("verifier: accepts its secret alone, and never holds it") {
    const auto key = DataKey::generate();
    const auto verifier = make_verifier(key, here, "jcs.0123456789");
    CHECK(check_verifier(key, here, verifier, "jcs.0123456789"));
    CHECK_FALSE(check_verifier(key, here, verifier, "jcs.0123456788"));
    CHECK_FALSE(check_verifier(key, here, verifier, "jcs.012345678"));
    CHECK_FALSE(check_verifier(key, here, verifier, ""));
    CHECK(make_verifier(key, here, "jcs.0123456789") != verifier);
    CHECK(verifier.size() == make_verifier(key, here, "another, much longer secret than that one").size());
}

TEST_CASE("verifier: a moved or altered one is a fault, not a wrong secret") {
    const auto key = DataKey::generate();
    auto verifier = make_verifier(key, here, "jcs.0123456789");
    CHECK_THROWS_AS((void)check_verifier(key, {"secrets", "5ed", "e11", 2}, verifier, "jcs.0123456789"), Tampered);
    CHECK_THROWS_AS((void)open(key, here, verifier), Tampered);
    verifier.back() ^= 1U;
    CHECK_THROWS_AS((void)check_verifier(key, here, verifier, "jcs.0123456789"), Tampered);
}

TEST_CASE("data key: unwraps for its environment, generation and root key alone") {
    const auto root = RootKey::generate();
    const auto key = DataKey::generate();
    auto wrapped = wrap_data_key(root, key, "e11", 1);
    CHECK(wrapped.size() == 73);
    const auto again = unwrap_data_key(root, wrapped, "e11", 1);
    REQUIRE(again);
    CHECK(text_of(again->reveal()) == text_of(key.reveal()));
    CHECK_FALSE(unwrap_data_key(root, wrapped, "e12", 1));
    CHECK_FALSE(unwrap_data_key(root, wrapped, "e11", 2));
    CHECK_FALSE(unwrap_data_key(RootKey::generate(), wrapped, "e11", 1));
    wrapped[30] ^= 1U;
    CHECK_FALSE(unwrap_data_key(root, wrapped, "e11", 1));
    CHECK_THROWS_AS(DataKey{SecretBytes{31}}, std::invalid_argument);
    CHECK_THROWS_AS(RootKey{SecretBytes{33}}, std::invalid_argument);
}

TEST_CASE("reseal: a value and a verifier move to another key and generation, and open nowhere else") {
    const auto old_key = DataKey::generate();
    const auto new_key = DataKey::generate();
    auto there = here;
    there.generation = 3;
    const SealedUnder from{old_key, here};
    const SealedUnder to{new_key, there};
    const auto value = reseal(from, to, seal(old_key, here, bytes_of("a client secret")));
    CHECK(revealed(open(new_key, there, value)) == "a client secret");
    CHECK_THROWS_AS((void)open(new_key, here, value), Tampered);
    CHECK_THROWS_AS((void)open(old_key, there, value), Tampered);

    const auto verifier = reseal_verifier(from, to, make_verifier(old_key, here, "a client secret"));
    CHECK(check_verifier(new_key, there, verifier, "a client secret"));
    CHECK_FALSE(check_verifier(new_key, there, verifier, "another secret"));
    CHECK_THROWS_AS((void)check_verifier(old_key, there, verifier, "a client secret"), Tampered);
    CHECK_THROWS_AS((void)reseal(from, to, value), Tampered);
    CHECK_THROWS_AS((void)reseal_verifier(from, to, value), Tampered);
}
