#include "daemon/vault/keys/recovery_key.hpp"

#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include <sodium.h>

#include "daemon/base/encoding.hpp"

namespace jeton::vault {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford: no i, l, o, u
constexpr std::string_view prefix = "jrk.";
constexpr std::size_t random_size = recovery_key_bits / 8;
constexpr std::size_t symbol_bits = 5;
constexpr std::size_t random_symbols = recovery_key_bits / symbol_bits;
constexpr std::size_t checksum_symbols = 4;
constexpr std::size_t symbols = random_symbols + checksum_symbols;
constexpr std::size_t group_size = 6;

/// The first 20 bits of BLAKE2b-256("jeton recovery key" || random), as symbols.
std::array<unsigned char, checksum_symbols> checksum(std::span<const unsigned char> random) {
    constexpr std::string_view purpose = "jeton recovery key";
    crypto_generichash_state state;
    std::array<unsigned char, 32> hash{};
    crypto_generichash_init(&state, nullptr, 0, hash.size());
    crypto_generichash_update(&state, bytes_of(purpose).data(), purpose.size());
    crypto_generichash_update(&state, random.data(), random.size());
    crypto_generichash_final(&state, hash.data(), hash.size());
    sodium_memzero(&state, sizeof state);
    std::array<unsigned char, checksum_symbols> found{};
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto bit = i * symbol_bits;
        const unsigned window = static_cast<unsigned>(hash[bit / 8] << 8U) | hash[bit / 8 + 1];
        found[i] = static_cast<unsigned char>((window >> (16 - symbol_bits - bit % 8)) & 31U);
    }
    return found;
}

/// The value of a symbol as a person may have typed it.
std::optional<unsigned char> value_of(char typed) {
    auto c = static_cast<char>(std::tolower(static_cast<unsigned char>(typed)));
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    const auto at = alphabet.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned char>(at);
}

bool starts_with_prefix(std::string_view text) {
    if (text.size() < prefix.size()) return false;
    for (std::size_t i = 0; i < prefix.size(); ++i) {
        if (std::tolower(static_cast<unsigned char>(text[i])) != prefix[i]) return false;
    }
    return true;
}

/// The typed symbols without what people put between them; nothing where there are too many or too few.
std::optional<SecretBytes> symbols_of(std::string_view text) {
    constexpr std::string_view between = " \t\r\n-";
    const auto start = text.find_first_not_of(between);
    if (start == std::string_view::npos) return std::nullopt;
    text.remove_prefix(start);
    if (starts_with_prefix(text)) text.remove_prefix(prefix.size());
    SecretBytes values{symbols};
    std::size_t count = 0;
    for (const char c : text) {
        if (between.find(c) != std::string_view::npos) continue;
        const auto value = value_of(c);
        if (!value || count == symbols) return std::nullopt;
        values.data()[count++] = *value;
    }
    if (count != symbols) return std::nullopt;
    return values;
}

}  // namespace

SecretText make_recovery_key() {
    SecretBytes random{random_size};
    randombytes_buf(random.data(), random.size());
    SecretText text{prefix};
    std::size_t written = 0;
    const auto put = [&](unsigned value) {
        if (written != 0 && written % group_size == 0) text.append("-");
        text.append(alphabet.substr(value, 1));
        ++written;
    };
    // 160 bits are 32 whole symbols: each of five bytes gives eight.
    for (std::size_t at = 0; at < random_size; at += 5) {
        std::uint64_t five = 0;
        for (std::size_t i = 0; i < 5; ++i) five = five << 8U | random.data()[at + i];
        for (std::size_t shift = 40; shift > 0; shift -= symbol_bits) {
            put(static_cast<unsigned>(five >> (shift - symbol_bits) & 31U));
        }
    }
    for (const auto value : checksum(random.span())) put(value);
    return text;
}

std::optional<SlotSecret> parse_recovery_key(std::string_view text) {
    const auto values = symbols_of(text);
    if (!values) return std::nullopt;
    SlotSecret secret{SecretBytes{random_size}};
    for (std::size_t block = 0; block < random_size / 5; ++block) {
        std::uint64_t five = 0;
        for (std::size_t i = 0; i < 8; ++i) five = five << symbol_bits | values->data()[block * 8 + i];
        for (std::size_t i = 0; i < 5; ++i) {
            secret.bytes.data()[block * 5 + i] = static_cast<unsigned char>(five >> (32 - 8 * i) & 0xFFU);
        }
    }
    const auto expected = checksum(secret.bytes.span());
    if (sodium_memcmp(expected.data(), values->data() + random_symbols, checksum_symbols) != 0) return std::nullopt;
    return secret;
}

}  // namespace jeton::vault
