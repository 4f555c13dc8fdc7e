/// The answer of `GET /v1/status` for a person.
#pragma once

#include <map>
#include <string>

#include "cli/context.hpp"

namespace jeton::cli {

/// `daemon`: where it was asked; empty: not said.
[[nodiscard]] std::string status_text(const json::value& status, const std::string& daemon, const Terminal& terminal);

/// What somebody who watches wants to be told of when it changes, each in a few words: of the daemon, of each
/// environment, of what needs attention.
[[nodiscard]] std::map<std::string, std::string> status_facts(const json::value& status);

}  // namespace jeton::cli
