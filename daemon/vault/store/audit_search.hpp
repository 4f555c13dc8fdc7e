/// Looks for audit entries piece by piece: an audit of years is not read for one page, and nobody waits while it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/database.hpp"

namespace jeton::vault::audit {

/// A search that takes longer ends early and says where to go on.
inline constexpr std::chrono::milliseconds search_time{20};

/// The columns that `visit` is given: those of `entry_of`, then the hash.
inline constexpr std::size_t found_hash_column = 16;

/// Shows what `filter` asks for, oldest first, behind `filter.after` and up to the sequence `last`; at most
/// `filter.limit`. Gives back the sequence up to which everything was looked at: `last` where nothing is left.
[[nodiscard]] std::int64_t search_forward(Database& database, const Filter& filter, std::int64_t last,
                                          const std::function<void(const Record&)>& visit);

/// Goes back from the sequence `below` and counts what `filter` asks for down in `wanted`. Gives back the sequence that
/// the next piece begins below; 0 where nothing is left. Where `wanted` has become 0, it is the oldest one counted.
[[nodiscard]] std::int64_t search_backward(Database& database, const Filter& filter, std::int64_t below,
                                           std::int64_t& wanted);

}  // namespace jeton::vault::audit
