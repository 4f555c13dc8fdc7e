/// Text as the heads of HTTP messages and our own words are written: ASCII alone has letters and blanks here, whatever
/// the locale.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace jeton::protocol {

/// A character of a header's name (RFC 9110 §5.6.2, tchar).
[[nodiscard]] bool is_token_character(char c);

/// A character that may stand in a header's value: no control character but the tab.
[[nodiscard]] bool is_value_character(char c);

[[nodiscard]] std::string lower_case(std::string_view text);

/// Without the spaces and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Digits only: no sign, no list, no space.
[[nodiscard]] std::optional<std::size_t> whole_number(std::string_view text);

}  // namespace jeton::protocol
