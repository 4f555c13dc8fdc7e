/// Enumerations and their names: written once as a table, read both ways.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace jeton::vault {

template <class Enum, std::size_t N>
using Words = std::array<std::pair<Enum, std::string_view>, N>;

template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::string_view word_for(const Words<Enum, N>& words, Enum value) {
    for (const auto& [known, name] : words) {
        if (known == value) return name;
    }
    return {};
}

template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::optional<Enum> value_for(const Words<Enum, N>& words, std::string_view name) {
    for (const auto& [value, known] : words) {
        if (known == name) return value;
    }
    return std::nullopt;
}

}  // namespace jeton::vault
