/// `--form-field NAME=VALUE`, as it is typed: what a token endpoint wants in the form beside the pair.
#pragma once

#include <string>
#include <vector>

#include "cli/document.hpp"
#include "cli/failure.hpp"

namespace jeton::cli {

/// Adds `form_fields` to `body`: an object, by name; nothing where `typed` is empty. One empty text takes all away.
/// A usage error where one is no NAME=VALUE or a name comes twice.
[[nodiscard]] Result<void> add_form_fields(json::object& body, const std::vector<std::string>& typed);

/// For a person: `tenant=1234567, audience=…`; empty where there are none.
[[nodiscard]] std::string form_fields_text(const json::value& connection);

}  // namespace jeton::cli
