/// "Did you mean …?" for a name that is not known.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace jeton {

/// The one of `known` that differs from `name` least, if it is near enough to be a slip: at most a third of its
/// letters, at least one. Counts letters inserted, left out, replaced or swapped with their neighbour.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> known);

}  // namespace jeton
