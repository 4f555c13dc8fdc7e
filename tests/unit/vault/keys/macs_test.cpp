#include "daemon/vault/keys/macs.hpp"

#include <numeric>

#include <doctest/doctest.h>

#include "tests/unit/vault/keys/known_answers.hpp"

using namespace jeton;
using namespace jeton::vault;

namespace {

RootKey counting_root() {
    SecretBytes bytes{key_size};
    std::iota(bytes.data(), bytes.data() + bytes.size(), static_cast<unsigned char>(0));
    return RootKey{std::move(bytes)};
}

Mac filled(unsigned char byte) {
    Mac mac{};
    mac.fill(byte);
    return mac;
}

}  // namespace

TEST_CASE("macs have the documented form") {
    const auto root = counting_root();
    CHECK(hex(row_mac(root, "apps", "0f", bytes_of("abc"))) == known::row_mac);
    CHECK(hex(chain_hash(root, filled(0x33), bytes_of("entry"))) == known::chain);
    CHECK(hex(anchor_mac(root, bytes_of("content"))) == known::anchor);

    SetHash set;
    set.add(root, "apps", "0f", filled(0x11));
    set.add(root, "tenants", "aa", filled(0x22));
    CHECK(hex(set.bytes()) == known::set_of_two);
    CHECK(hex(set.digest(root)) == known::set_digest);

    SetHash below_zero;
    below_zero.remove(root, "apps", "0f", filled(0x11));
    CHECK(hex(below_zero.bytes()) == known::set_minus_one);
}

TEST_CASE("row MAC: table, id and columns cannot flow into each other") {
    const auto root = counting_root();
    const auto mac = row_mac(root, "apps", "0f", bytes_of("abc"));
    CHECK(row_mac(root, "app", "s0f", bytes_of("abc")) != mac);
    CHECK(row_mac(root, "apps", "0fa", bytes_of("bc")) != mac);
    CHECK(row_mac(RootKey::generate(), "apps", "0f", bytes_of("abc")) != mac);
    CHECK(same_mac(mac, mac));
    CHECK_FALSE(same_mac(mac, std::span{mac}.first(31)));
}

TEST_CASE("set hash: order does not matter, what is removed is gone") {
    const auto root = RootKey::generate();
    SetHash forth;
    SetHash back;
    for (unsigned char i = 0; i < 200; ++i) {
        forth.add(root, "apps", std::to_string(i), filled(i));
        back.add(root, "apps", std::to_string(199 - i), filled(static_cast<unsigned char>(199 - i)));
    }
    CHECK(forth == back);
    forth.add(root, "apps", "7", filled(7));
    CHECK(forth != back);  // twice is not once
    forth.remove(root, "apps", "7", filled(7));
    CHECK(forth == back);
    for (unsigned char i = 0; i < 200; ++i) forth.remove(root, "apps", std::to_string(i), filled(i));
    CHECK(forth == SetHash{});
    CHECK(SetHash::from(back.bytes()) == back);
}

TEST_CASE("state row: opens under its root key alone") {
    const auto root = RootKey::generate();
    auto sealed = seal_state(root, bytes_of("counters"));
    const auto opened = open_state(root, sealed);
    REQUIRE(opened);
    CHECK(text_of(*opened) == "counters");
    CHECK_FALSE(open_state(RootKey::generate(), sealed));
    sealed.back() ^= 1U;
    CHECK_FALSE(open_state(root, sealed));
}
