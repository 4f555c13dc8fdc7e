#include "daemon/vault/keys/fields.hpp"

#include <array>
#include <bit>

namespace jeton::vault {
namespace {

constexpr std::size_t number_size = 8;

}  // namespace

Fields& Fields::bytes(std::span<const unsigned char> value) {
    number(static_cast<std::int64_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    return *this;
}

Fields& Fields::number(std::int64_t value) {
    auto little = static_cast<std::uint64_t>(value);
    if constexpr (std::endian::native == std::endian::big) little = std::byteswap(little);
    const auto bytes = std::bit_cast<std::array<unsigned char, number_size>>(little);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
}

std::optional<std::int64_t> FieldReader::number() {
    if (rest_.size() < number_size) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = number_size; i > 0; --i) value = value << 8U | rest_[i - 1];
    rest_ = rest_.subspan(number_size);
    return static_cast<std::int64_t>(value);
}

std::optional<std::span<const unsigned char>> FieldReader::bytes() {
    const auto size = number();
    if (!size || *size < 0 || static_cast<std::uint64_t>(*size) > rest_.size()) return std::nullopt;
    const auto value = rest_.first(static_cast<std::size_t>(*size));
    rest_ = rest_.subspan(value.size());
    return value;
}

}  // namespace jeton::vault
