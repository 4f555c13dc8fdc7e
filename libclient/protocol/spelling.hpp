/// How far a mistyped word is from one that exists: "did you mean …?" of daemon and CLI alike.
#pragma once

#include <cstddef>
#include <string_view>

namespace jeton::protocol {

/// Letters to insert, leave out, replace or swap with their neighbour. Takes time and memory of the product of both
/// sizes: callers bound what strangers send.
[[nodiscard]] std::size_t spelling_distance(std::string_view left, std::string_view right);

}  // namespace jeton::protocol
