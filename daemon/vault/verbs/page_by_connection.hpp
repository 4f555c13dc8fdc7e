/// One page of a listing whose rows belong to connections: it is found without looking at all of them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "daemon/vault/services/selection.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

/// More rows are not sorted anew for each page.
inline constexpr std::size_t sorted_at_most = 2000;

struct KeyedRow {
    std::string key;  ///< of no other row of its connection, whose rows come in the order of their keys
    json::value view;
};

/// In the order of the connections' names. `rows_of` makes the rows of one connection; they go on on the next page
/// where a page ends among them. Refuses what `walk_connections` refuses.
[[nodiscard]] Result<Outcome> page_by_connection(
    Call& call, const Page& page, const Selector& selector,
    const std::function<std::vector<KeyedRow>(const FoundConnection& found)>& rows_of);

/// Whether a page begins with the first connection of all, or goes on among its rows.
[[nodiscard]] bool is_at_the_first_connection(const Page& page);

}  // namespace jeton::vault
