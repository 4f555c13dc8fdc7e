#include "daemon/base/secret.hpp"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <ios>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace jeton;

static_assert(!std::is_copy_constructible_v<SecretText> && !std::is_copy_constructible_v<SecretBytes>);
static_assert(!fmt::is_formattable<SecretText>::value && !fmt::is_formattable<SecretBytes>::value,
              "a secret cannot be logged (T34)");

TEST_CASE("secret: holds, copies on purpose, compares in constant time") {
    SecretText text{"jcs.abc"};
    text.append("def");
    CHECK(text.reveal() == "jcs.abcdef");
    const auto copy = text.copy();
    const auto moved = std::move(text);
    CHECK(equal_constant_time(copy.reveal(), moved.reveal()));
    CHECK_FALSE(equal_constant_time("a", "b"));
    CHECK_FALSE(equal_constant_time("a", "ab"));
    CHECK(equal_constant_time("", ""));
}

TEST_CASE("secret: memory is locked, out of dumps, and taken only where there is a secret") {
    const SecretText secret{"jcs.abc"};
    std::ifstream maps{"/proc/self/smaps"};
    std::string line;
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    const auto where = reinterpret_cast<std::uintptr_t>(secret.reveal().data());
    while (std::getline(maps, line)) {
        std::istringstream{line} >> std::hex >> begin >> dash >> end;
        if (dash == '-' && begin <= where && where < end) break;
    }
    while (std::getline(maps, line) && !line.starts_with("VmFlags:")) {
    }
    for (const auto* flag : {" lo", " lf", " dd"}) CHECK_MESSAGE(line.contains(flag), flag << " in " << line);
}

TEST_CASE("secret: memory is overwritten when it is given back (T41)") {
    std::optional<SecretBytes> secret{std::in_place, 64UZ};
    std::memset(secret->data(), 0x5a, secret->size());
    const unsigned char* const where = secret->data();
    secret.reset();
    for (std::size_t i = 0; i < 64; ++i) CHECK(where[i] == 0);  // the arena stays mapped
}

TEST_CASE("secret: the arena is used again, whatever sizes came before") {
    for (int round = 0; round < 200; ++round) {
        const SecretBytes file{64UZ * 1024 + 1};
        const SecretBytes larger{200'000};
        const SecretBytes smaller{100};
        CHECK(larger.size() == 200'000);
    }
}

TEST_CASE("secret: a full arena is a fault, and what was freed fits again") {
    std::vector<SecretBytes> held;
    constexpr std::size_t piece = 32UZ * 1024;
    CHECK_THROWS_AS(
        [&] {
            for (;;) held.emplace_back(piece);
        }(),
        std::bad_alloc);
    CHECK(held.size() >= 28);
    for (std::size_t i = 0; i < held.size(); i += 2) held[i].clear();
    CHECK_NOTHROW(SecretBytes{piece});
    CHECK_THROWS_AS(SecretBytes{8 * piece}, std::bad_alloc);
    held.clear();
    CHECK_NOTHROW(SecretBytes{28 * piece});  // the pieces have grown together
    CHECK_THROWS_AS(SecretBytes{2 * secure_arena_size}, std::bad_alloc);
}
