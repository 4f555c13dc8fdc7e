/// "Did you mean …?"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jeton::cli {

/// The one of `known` that is nearest to `word` in mistyped letters; nothing if none is near. The first of equals wins.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace jeton::cli
