/// Fields that a token endpoint wants in the form beside those of RFC 6749 §4.4.2, such as a network's `tenant`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.hpp"

namespace jeton::vault {

inline constexpr std::size_t form_fields_limit = 8;         ///< of one connection
inline constexpr std::size_t form_field_name_limit = 64;    ///< bytes
inline constexpr std::size_t form_field_value_limit = 512;  ///< bytes, before they are encoded

/// No secret: it is shown wherever its connection is.
struct FormField {
    std::string name;
    std::string value;
    bool operator==(const FormField&) const = default;
};

/// Sorted by name. Refuses `bad_input`, naming the field: a name that is not `[A-Za-z0-9_.-]`, that the exchange sends
/// by itself (`grant_type`, `client_id`, `client_secret`, `scope`, `resource`) or that would be a second authentication
/// (`client_assertion…`), or that comes twice; a value that is empty, too long, no UTF-8 or holds control characters;
/// too many.
[[nodiscard]] Result<std::vector<FormField>> checked_form_fields(std::vector<FormField> fields);

/// `NAME=VALUE` for each, as a connection's row holds them, and back.
[[nodiscard]] std::vector<std::string> form_field_texts(const std::vector<FormField>& fields);
[[nodiscard]] std::vector<FormField> form_fields_in(const std::vector<std::string>& texts);

}  // namespace jeton::vault
