#include "daemon/base/encoding.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace jeton;

TEST_CASE("encoding: hexadecimal there and back") {
    CHECK(hex(Bytes{0x00, 0xab, 0xff}) == "00abff");
    CHECK(hex({}).empty());
    CHECK(from_hex("00abFF") == Bytes{0x00, 0xab, 0xff});
    CHECK(from_hex("") == Bytes{});
    for (const std::string bad : {"0", "0g", "00 ", " 00", "0x00", "00:11"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_hex(bad));
    }
}

TEST_CASE("encoding: base64url is without padding (RFC 7515 2)") {
    CHECK(base64url("") == "");
    CHECK(base64url("f") == "Zg");
    CHECK(base64url("foob") == "Zm9vYg");
    CHECK(base64url(Bytes{0xfb, 0xff}) == "-_8");
    CHECK(from_base64url("-_8") == Bytes{0xfb, 0xff});
    CHECK(from_base64url("") == Bytes{});
    for (const std::string bad : {"Zg==", "+/8", "Zh", "Z", "Zm9v\n", " Zm9v"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_base64url(bad));
    }
}

TEST_CASE("encoding: base64 with padding, as in Basic (RFC 4648 4)") {
    CHECK(from_base64("Zm9vYg==") == Bytes{'f', 'o', 'o', 'b'});
    for (const std::string bad : {"Zm9vYg", "Zm9vYg=", "-_8=", "Zm9vYh==", "Zm9vYg== "}) {
        CAPTURE(bad);
        CHECK_FALSE(from_base64(bad));
    }
}

TEST_CASE("encoding: random values have their length and alphabet, and differ") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto text = random_base36(50);
        CHECK(text.size() == 50);
        CHECK(std::ranges::all_of(text.reveal(),
                                  [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }));
        CHECK(seen.emplace(text.reveal()).second);
        CHECK(random_hex(16).size() == 32);
        CHECK(seen.insert(random_hex(16)).second);
    }
}
