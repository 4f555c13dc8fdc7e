/// What people call the portal's two environments: the CLI looks by it for what contradicts, the vault for what is
/// meant.
#pragma once

#include <string>

namespace jeton::protocol {

/// `production` for prod, prd and live, `integration` for int, integ and sandbox; any other word as it is. `word` is in
/// small letters.
[[nodiscard]] inline std::string portal_word(std::string word) {
    if (word == "prod" || word == "prd" || word == "live") return "production";
    if (word == "int" || word == "integ" || word == "sandbox") return "integration";
    return word;
}

}  // namespace jeton::protocol
