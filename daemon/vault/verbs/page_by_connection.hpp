/// One page of a listing whose rows belong to connections: it is found without looking at all of them.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "daemon/vault/services/selection.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

/// More rows are not sorted anew for each page.
inline constexpr std::size_t sorted_at_most = 2000;

/// In the order of the connections' names, which are the cursors. `rows_of` makes the rows of one connection, which
/// stay together: where they alone are more than the page's limit, it has more. Refuses what `walk_connections`
/// refuses.
[[nodiscard]] inline Result<Outcome> page_by_connection(
    Call& call, const Page& page, const Selector& selector,
    const std::function<std::vector<json::value>(const FoundConnection& found)>& rows_of) {
    PageRows shown{page.limit};
    auto next = walk_connections(
        call.tx, call.standing, selector, page.after, call.now(), [&] { return !shown.is_full() && page.has_time(); },
        [&](const FoundConnection& found) {
            auto rows = rows_of(found);
            const auto limit = static_cast<std::size_t>(page.limit);
            if (shown.count() > 0 && shown.count() + rows.size() > limit) return false;
            for (auto& row : rows) shown.add(std::move(row));
            return true;
        });
    if (!next) return next.error();
    return std::move(shown).end(*std::move(next));
}

}  // namespace jeton::vault
