/// How a version came to be accepted, and who paused it since, in one line each.
#pragma once

#include <string>

#include "cli/document.hpp"

namespace jeton::cli {

/// "admin alice at TIME", "operator root on behalf of WHO at TIME: REASON"; empty where there is no consent.
[[nodiscard]] std::string consent_text(const json::value& consent);

/// "operator root since TIME: REASON", one after the other with "; " between; empty where nothing is paused.
[[nodiscard]] std::string pauses_text(const json::value& pauses);

}  // namespace jeton::cli
