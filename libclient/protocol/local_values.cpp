#include "libclient/protocol/local_values.hpp"

#include <cstdint>

namespace jeton::protocol {
namespace {

std::uint32_t crc32(std::string_view text) {
    std::uint32_t crc = 0xffffffffU;
    for (const char c : text) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
}

}  // namespace

std::array<char, local_checksum_size> local_checksum(std::string_view text) {
    std::array<char, local_checksum_size> characters{};
    auto rest = crc32(text);
    for (auto& c : characters) {
        c = local_alphabet[rest % local_alphabet.size()];
        rest /= static_cast<std::uint32_t>(local_alphabet.size());
    }
    return characters;
}

std::optional<bool> local_checksum_holds(std::string_view value) {
    for (const auto& shape : {client_id_shape, client_secret_shape, app_key_shape, ticket_shape}) {
        if (!value.starts_with(shape.head)) continue;
        if (value.size() != shape.head.size() + shape.characters) return false;
        const auto sum = local_checksum(value.substr(0, value.size() - local_checksum_size));
        return value.substr(value.size() - local_checksum_size) == std::string_view{sum.data(), sum.size()};
    }
    return std::nullopt;
}

}  // namespace jeton::protocol
