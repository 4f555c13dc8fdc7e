#include "daemon/vault/keys/slots.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string>

#include <doctest/doctest.h>

#include "daemon/vault/keys/recovery_key.hpp"
#include "daemon/vault/keys/stretching.hpp"
#include "tests/unit/vault/keys/known_answers.hpp"
#include "tests/unit/vault/keys/old_slot.hpp"

using namespace jeton;
using namespace jeton::vault;

namespace {

constexpr UtcSeconds now{std::chrono::seconds{1'800'000'000}};

SlotSecret counting(std::size_t size, unsigned char from) {
    SlotSecret secret{SecretBytes{size}};
    std::iota(secret.bytes.data(), secret.bytes.data() + size, from);
    return secret;
}

/// `planted`, sealed to the slot's own public key by somebody who can write the file, but has neither the slot's secret
/// nor the root key: the authenticator's key is one of his own.
KeySlot sealed_by_a_stranger(KeySlot slot, const RootKey& planted) {
    Fields place{"jeton key slot 2"};
    place.text(slot.id.text).text(name_of(slot.kind)).text(slot.label).bytes(slot.salt);
    place.number(slot.passes).number(slot.memory).bytes(slot.public_key);
    const Bytes strangers_key(32, 7);
    Fields content{"jeton slot authenticator"};
    content.bytes(place.span()).bytes(slot.wrapped);
    crypto_generichash(slot.authenticator.data(), slot.authenticator.size(), content.span().data(),
                       content.span().size(), strangers_key.data(), strangers_key.size());
    Fields key_place{"jeton slot authenticator key"};
    key_place.bytes(place.span());
    slot.authenticator_key =
        vault::detail::close_box(planted.subkey(RootPurpose::slot_authenticator), key_place.span(), strangers_key);
    return rewrapped(slot, planted, planted).value();
}

}  // namespace

TEST_CASE("slot: opens with its secret alone") {
    const auto root = RootKey::generate();
    const auto slot = make_slot(root, KeySlotKind::key_file, "/etc/jeton/key", counting(32, 1), now);
    CHECK(slot.id.text.size() == 32);
    CHECK(slot.created_at == now);
    const auto opened = open_slot(slot, counting(32, 1));
    REQUIRE(opened);
    CHECK(text_of(opened->reveal()) == text_of(root.reveal()));
    CHECK_FALSE(open_slot(slot, counting(32, 2)));
    CHECK_FALSE(open_slot(slot, counting(31, 1)));
    CHECK_FALSE(open_slot(slot, counting(0, 1)));
    CHECK(make_slot(root, KeySlotKind::key_file, "/etc/jeton/key", counting(32, 1), now).wrapped != slot.wrapped);
    CHECK_THROWS_AS((void)make_slot(root, KeySlotKind::key_file, "", counting(15, 1), now), std::invalid_argument);
}

TEST_CASE("slot: identity, kind, label and cost are part of it") {
    const auto slot = make_slot(RootKey::generate(), KeySlotKind::key_file, "/etc/jeton/key", counting(32, 1), now);
    const auto altered = [&](auto change) {
        auto other = slot;
        change(other);
        return other;
    };
    for (const auto& other :
         {altered([](KeySlot& it) { it.id = KeySlotId::fresh(); }), altered([](KeySlot& it) { it.label = "/tmp/key"; }),
          altered([](KeySlot& it) { it.kind = KeySlotKind::recovery; }), altered([](KeySlot& it) { it.passes = 1; }),
          altered([](KeySlot& it) { it.memory = 1; })}) {
        CHECK_FALSE(open_slot(other, counting(32, 1)));
    }
}

TEST_CASE("slot: every flipped bit and every cut is refused") {
    const auto root = RootKey::generate();
    const auto slot = make_slot(root, KeySlotKind::recovery, "recovery key", counting(20, 1), now);
    for (const auto bytes : {&KeySlot::salt, &KeySlot::wrapped, &KeySlot::public_key, &KeySlot::authenticator,
                             &KeySlot::authenticator_key}) {
        for (std::size_t bit = 0; bit < (slot.*bytes).size() * 8; ++bit) {
            auto other = slot;
            (other.*bytes)[bit / 8] = static_cast<unsigned char>((other.*bytes)[bit / 8] ^ 1U << bit % 8);
            CHECK_FALSE(open_slot(other, counting(20, 1)));
        }
        auto cut = slot;
        (cut.*bytes).pop_back();
        CHECK_FALSE(open_slot(cut, counting(20, 1)));
        (cut.*bytes).clear();
        CHECK_FALSE(open_slot(cut, counting(20, 1)));
    }
}

TEST_CASE("slot: what somebody else sealed to its public key is not believed") {
    const auto own = RootKey::generate();
    const auto planted = RootKey::generate();
    const auto slot = make_slot(own, KeySlotKind::key_file, "/key", counting(32, 1), now);
    const auto forged = sealed_by_a_stranger(slot, planted);
    CHECK(forged.public_key == slot.public_key);
    CHECK_FALSE(open_slot(forged, counting(32, 1)));
    CHECK_THROWS_AS((void)rewrapped(forged, own, planted), Tampered);
}

TEST_CASE("slot: a new root key is put in without the slot's secret, and opens with it alone") {
    const auto before = RootKey::generate();
    const auto after = RootKey::generate();
    const auto slot = make_slot(before, KeySlotKind::recovery, "recovery key", counting(20, 1), now);
    const auto renewed = rewrapped(slot, before, after);
    REQUIRE(renewed);
    CHECK(renewed->id == slot.id);
    CHECK(renewed->public_key == slot.public_key);
    const auto opened = open_slot(*renewed, counting(20, 1));
    REQUIRE(opened);
    CHECK(text_of(opened->reveal()) == text_of(after.reveal()));
    CHECK_FALSE(open_slot(*renewed, counting(20, 2)));
    const auto again = rewrapped(*renewed, after, before);
    REQUIRE(again);
    CHECK(open_slot(*again, counting(20, 1)));

    CHECK_THROWS_AS((void)rewrapped(slot, after, before), Tampered);
    for (const auto bytes : {&KeySlot::wrapped, &KeySlot::public_key, &KeySlot::authenticator}) {
        auto altered = slot;
        (altered.*bytes)[5] ^= 1;
        CHECK_THROWS_AS((void)rewrapped(altered, before, after), Tampered);
    }
}

TEST_CASE("slot of schema 2: opens as it did, cannot be rewrapped before it was opened once") {
    const auto root = RootKey::generate();
    const auto old = test::old_slot(root, KeySlotKind::key_file, "/etc/jeton/key", counting(32, 1), now);
    const auto opened = open_slot(old, counting(32, 1));
    REQUIRE(opened);
    CHECK(text_of(opened->reveal()) == text_of(root.reveal()));
    CHECK_FALSE(open_slot(old, counting(32, 2)));
    CHECK_FALSE(rewrapped(old, root, RootKey::generate()));
    auto labelled = old;
    labelled.label = "/tmp/key";
    CHECK_FALSE(open_slot(labelled, counting(32, 1)));
    const auto renewed = make_slot(root, old, counting(32, 1));
    CHECK(renewed.id == old.id);
    CHECK(open_slot(renewed, counting(32, 1)));
    CHECK(rewrapped(renewed, root, RootKey::generate()));
}

TEST_CASE("slot has the documented form") {
    KeySlot slot;
    slot.id.text = "ab12";
    slot.salt.resize(32);
    std::iota(slot.salt.begin(), slot.salt.end(), static_cast<unsigned char>(50));
    auto secret = counting(32, 150);
    SUBCASE("of schema 2") {
        slot.label = "/etc/jeton/key";
        slot.wrapped = *from_hex(known::old_slot);
    }
    SUBCASE("of a key file") {
        slot.label = "/etc/jeton/key";
        slot.public_key = *from_hex(known::slot_public_key);
        slot.wrapped = *from_hex(known::slot_wrapped);
        slot.authenticator = *from_hex(known::slot_authenticator);
        slot.authenticator_key = *from_hex(known::slot_authenticator_key);
    }
    SUBCASE("of a passphrase") {
        slot.kind = KeySlotKind::passphrase;
        slot.label = "mine";
        slot.passes = 3;
        slot.memory = 64;
        slot.public_key = *from_hex(known::passphrase_slot_public_key);
        slot.wrapped = *from_hex(known::passphrase_slot_wrapped);
        slot.authenticator = *from_hex(known::passphrase_slot_authenticator);
        slot.authenticator_key = *from_hex(known::passphrase_slot_authenticator_key);
        secret = stretch("correct horse battery staple", slot.salt, cost_of(slot));
    }
    const auto opened = open_slot(slot, secret);
    REQUIRE(opened);
    CHECK(text_of(opened->reveal()) == text_of(counting(32, 0).bytes.span()));
}

TEST_CASE("stretching: a cost that is too low, or that would take the machine down, is not believed") {
    CHECK(is_acceptable(stretch_cost));
    CHECK(is_acceptable(stretch_cost_max));
    CHECK_FALSE(is_acceptable({stretch_cost.passes - 1, stretch_cost.memory}));
    CHECK_FALSE(is_acceptable({stretch_cost.passes, stretch_cost.memory - 1}));
    CHECK_FALSE(is_acceptable({stretch_cost_max.passes + 1, stretch_cost.memory}));
    CHECK_FALSE(is_acceptable({stretch_cost.passes, 64LL * 1024 * 1024}));
    CHECK_FALSE(is_acceptable({}));
    const Bytes salt(32);
    CHECK_THROWS_AS((void)stretch("x", salt, {0, 64}), std::invalid_argument);
    CHECK_THROWS_AS((void)stretch("x", salt, {3, 64LL * 1024 * 1024}), std::invalid_argument);
    CHECK_THROWS_AS((void)stretch("x", Bytes(15), {3, 64}), std::invalid_argument);
}

TEST_CASE("recovery key: what was printed opens, however a person types it") {
    const auto key = make_recovery_key();
    const std::string text{key.reveal()};
    CHECK(text.size() == 4 + 36 + 5);
    CHECK(text.starts_with("jrk."));
    CHECK(make_recovery_key().reveal() != text);
    const auto secret = parse_recovery_key(text);
    REQUIRE(secret);
    CHECK(secret->bytes.size() == recovery_key_bits / 8);

    const auto same = [&](const std::string& typed) {
        const auto parsed = parse_recovery_key(typed);
        return parsed && text_of(parsed->bytes.span()) == text_of(secret->bytes.span());
    };
    auto upper = text;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    CHECK(same(upper));
    auto bare = text.substr(4);
    std::erase(bare, '-');
    CHECK(same(bare));
    CHECK(same("  " + text + " \r\n"));
    auto confused = text.substr(4);
    std::ranges::replace(confused, '0', 'O');
    std::ranges::replace(confused, '1', 'l');
    CHECK(same(confused));
}

TEST_CASE("recovery key: a typing error is noticed, whatever character it hits") {
    const std::string text{make_recovery_key().reveal()};
    int accepted = 0;
    for (std::size_t i = 4; i < text.size(); ++i) {
        if (text[i] == '-') continue;
        for (const char other : std::string_view{"0123456789abcdefghjkmnpqrstvwxyz"}) {
            if (other == text[i]) continue;
            auto typed = text;
            typed[i] = other;
            accepted += parse_recovery_key(typed) ? 1 : 0;
        }
    }
    CHECK(accepted <= 1);  // 20 bits of checksum, 1,116 errors: about 0.001 expected
    CHECK_FALSE(parse_recovery_key(""));
    CHECK_FALSE(parse_recovery_key("jrk."));
    CHECK_FALSE(parse_recovery_key(text.substr(0, text.size() - 1)));
    CHECK_FALSE(parse_recovery_key(text + "0"));
    CHECK_FALSE(parse_recovery_key(text + "u"));
}

TEST_CASE("recovery key has the documented form") {
    const auto parsed = parse_recovery_key(known::recovery_key);
    REQUIRE(parsed);
    CHECK(text_of(parsed->bytes.span()) == text_of(counting(20, 0).bytes.span()));
}
