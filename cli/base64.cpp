#include "cli/base64.hpp"

#include <cstdint>

namespace jeton::cli {
namespace {

constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view first_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Hands each byte of `text`, which has no padding, to `take`; false where it is no base64.
template <class Take>
bool decode(std::string_view text, std::string_view alphabet, Take take) {
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char letter : text) {
        const auto value = alphabet.find(letter);
        if (value == std::string_view::npos) return false;
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        take(static_cast<char>(bits >> count & 0xFFU));
    }
    return (bits & ((1U << count) - 1U)) == 0;
}

}  // namespace

std::string to_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = bits << 8U | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) text += url_alphabet[bits >> static_cast<unsigned>(count - 6) & 63U];
    }
    if (count > 0) text += url_alphabet[bits << static_cast<unsigned>(6 - count) & 63U];
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    if (!decode(text, url_alphabet, [&](char byte) { bytes += byte; })) return std::nullopt;
    return bytes;
}

std::optional<client::WipedText> from_base64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    client::WipedText bytes;
    if (!decode(text, first_alphabet, [&](char byte) { bytes.append({&byte, 1}); })) return std::nullopt;
    return bytes;
}

}  // namespace jeton::cli
