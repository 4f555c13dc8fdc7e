#include "daemon/vault/store/mac_index.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/base/encoding.hpp"

using namespace jeton;
using namespace jeton::vault;

namespace {

Mac mac_of(std::uint64_t number) {
    Mac mac{};
    for (std::size_t i = 0; i < 8; ++i) mac.at(i) = static_cast<unsigned char>(number >> (8 * i));
    return mac;
}

/// Few first bytes: many ids want the same place, and lie behind each other.
std::string crowded_id(std::mt19937_64& random) {
    Bytes bytes(16);
    bytes[0] = static_cast<unsigned char>(random() % 4);
    bytes[15] = static_cast<unsigned char>(random());
    bytes[14] = static_cast<unsigned char>(random() % 4);
    return hex(bytes);
}

}  // namespace

TEST_CASE("scale: the index of rows is a map, whatever is put in, replaced and taken out" *
          doctest::test_suite("exhaustive")) {
    std::mt19937_64 random{7};
    MacIndex index;
    std::map<std::string, Mac> expected;
    for (std::uint64_t step = 0; step < 20'000; ++step) {
        auto id = crowded_id(random);
        if (random() % 16 == 0) id = "not hexadecimal " + std::to_string(random() % 40);
        if (random() % 16 == 1) id = std::string(32, 'A');
        if (random() % 5 < 2) {
            index.erase(id);
            expected.erase(id);
        } else {
            index.insert_or_assign(id, mac_of(step));
            expected.insert_or_assign(id, mac_of(step));
        }
        if (step % 64 != 0) continue;
        REQUIRE(index.size() == expected.size());
        for (const auto& [known, mac] : expected) {
            const auto* found = index.find(known);
            REQUIRE(found != nullptr);
            REQUIRE(*found == mac);
        }
        const auto other = crowded_id(random);
        REQUIRE((index.find(other) != nullptr) == expected.contains(other));
    }
    std::map<std::string, Mac> seen;
    index.each([&](const std::string& id, const Mac& mac) {
        seen.emplace(id, mac);
        return true;
    });
    CHECK(seen == expected);
    while (!expected.empty()) {
        index.erase(expected.begin()->first);
        expected.erase(expected.begin());
        REQUIRE(index.size() == expected.size());
        if (!expected.empty()) REQUIRE(index.find(expected.rbegin()->first) != nullptr);
    }
    CHECK(index.find(std::string(32, '0')) == nullptr);
    CHECK(MacIndex{}.find(std::string(32, '0')) == nullptr);
}
