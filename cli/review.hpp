/// What a tenant admin reads before deciding: scopes by group, what is added and removed, the statement.
#pragma once

#include <string>

#include "cli/document.hpp"
#include "cli/terminal.hpp"

namespace jeton::cli {

/// The answer of `access review` for a person. Added scopes green behind +, removed ones struck out behind -.
[[nodiscard]] std::string review_text(const json::value& review, const Terminal& terminal);

/// What has changed between two reviews of the same connection, because the app published a version in between.
[[nodiscard]] std::string moved_on_text(const json::value& before, const json::value& now, const Terminal& terminal);

}  // namespace jeton::cli
