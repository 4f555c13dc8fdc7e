#include "daemon/vault/keys/slots.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string>

#include <doctest/doctest.h>

#include "daemon/vault/keys/recovery_key.hpp"
#include "tests/unit/vault/keys/known_answers.hpp"

using namespace jeton;
using namespace jeton::vault;

namespace {

constexpr UtcSeconds now{std::chrono::seconds{1'800'000'000}};

SlotSecret counting(std::size_t size, unsigned char from) {
    SlotSecret secret{SecretBytes{size}};
    std::iota(secret.bytes.data(), secret.bytes.data() + size, from);
    return secret;
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

TEST_CASE("slot: identity, kind and label are part of it") {
    const auto slot = make_slot(RootKey::generate(), KeySlotKind::key_file, "/etc/jeton/key", counting(32, 1), now);
    auto other = slot;
    other.id = KeySlotId::fresh();
    CHECK_FALSE(open_slot(other, counting(32, 1)));
    other = slot;
    other.label = "/tmp/key";
    CHECK_FALSE(open_slot(other, counting(32, 1)));
    other = slot;
    other.kind = KeySlotKind::recovery;
    CHECK_FALSE(open_slot(other, counting(32, 1)));
}

TEST_CASE("slot: every flipped bit and every cut is refused") {
    const auto slot = make_slot(RootKey::generate(), KeySlotKind::recovery, "recovery key", counting(20, 1), now);
    for (auto bytes : {&KeySlot::salt, &KeySlot::wrapped}) {
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

TEST_CASE("slot has the documented form") {
    KeySlot slot;
    slot.id.text = "ab12";
    slot.kind = KeySlotKind::key_file;
    slot.label = "/etc/jeton/key";
    slot.salt.resize(32);
    std::iota(slot.salt.begin(), slot.salt.end(), static_cast<unsigned char>(50));
    slot.wrapped = *from_hex(known::slot);
    const auto opened = open_slot(slot, counting(32, 150));
    REQUIRE(opened);
    CHECK(text_of(opened->reveal()) == text_of(counting(32, 0).bytes.span()));
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
