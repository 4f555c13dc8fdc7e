#include "daemon/vault/domain/secret.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace jeton::vault {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t checksum_size = 6;

struct Shape {
    std::string_view head;
    std::size_t characters;  ///< after the head, checksum included
};
constexpr std::array<Shape, 4> shapes{{{"jid.", 25}, {"jcs.", 50}, {"jak.", 25}, {"jtk.", 25}}};

/// CRC-32 (IEEE 802.3, as in zlib), reduced to six characters: finds typing errors, protects nothing.
std::uint32_t crc32(std::string_view text) {
    std::uint32_t crc = 0xffffffffU;
    for (const char c : text) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
}

std::array<char, checksum_size> checksum(std::string_view text) {
    std::array<char, checksum_size> characters{};
    auto rest = crc32(text);
    for (auto& c : characters) {
        c = alphabet[rest % alphabet.size()];
        rest /= static_cast<std::uint32_t>(alphabet.size());
    }
    return characters;
}

SecretText generate(const Shape& shape) {
    SecretText text{shape.head};
    text.append(random_base36(shape.characters - checksum_size).reveal());
    const auto sum = checksum(text.reveal());
    text.append({sum.data(), sum.size()});
    return text;
}

}  // namespace

std::string generate_client_id() { return std::string{generate(shapes[0]).reveal()}; }
SecretText generate_client_secret() { return generate(shapes[1]); }
std::string generate_app_key() { return std::string{generate(shapes[2]).reveal()}; }
SecretText generate_ticket() { return generate(shapes[3]); }

std::optional<bool> checksum_holds(std::string_view value) {
    for (const auto& shape : shapes) {
        if (!value.starts_with(shape.head)) continue;
        if (value.size() != shape.head.size() + shape.characters) return false;
        const auto sum = checksum(value.substr(0, value.size() - checksum_size));
        return value.substr(value.size() - checksum_size) == std::string_view{sum.data(), sum.size()};
    }
    return std::nullopt;
}

std::string_view trim(std::string_view value) {
    constexpr std::string_view blank = " \t\r\n\v\f";
    const auto first = value.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return value.substr(first, value.find_last_not_of(blank) - first + 1);
}

}  // namespace jeton::vault
