/// `--form-field NAME=VALUE`, as it is typed: what a token endpoint wants in the form beside the pair.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/document.hpp"
#include "cli/failure.hpp"

namespace jeton::cli {

/// Adds `form_fields` to `body`: an object, by name; nothing where `typed` is empty. One empty text takes all away.
/// A usage error where one is no NAME=VALUE or a name comes twice.
[[nodiscard]] Result<void> add_form_fields(json::object& body, const std::vector<std::string>& typed);

/// What a column of a table names, `form_field.NAME`, or a variable of an .env file, `FORM_FIELD_NAME` behind the
/// prefix that the pair's names have: NAME as the token endpoint writes it. Nothing for another name, or without NAME.
[[nodiscard]] std::optional<std::string> form_field_column(std::string_view name);
struct FormFieldVariable {
    std::string prefix;  ///< in upper case, with its underscore
    std::string name;
};
[[nodiscard]] std::optional<FormFieldVariable> form_field_variable(std::string_view name);

/// For a person: `tenant=1234567, audience=…`; empty where there are none.
[[nodiscard]] std::string form_fields_text(const json::value& connection);

}  // namespace jeton::cli
