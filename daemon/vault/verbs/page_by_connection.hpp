/// One page of a listing whose rows belong to connections: it is found without looking at all of them.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "daemon/vault/services/selection.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

/// More rows are not sorted anew for each page.
inline constexpr std::size_t sorted_at_most = 2000;

/// In the order of the connections' names, which are the cursors. `add` puts the rows of one connection on the page:
/// they stay together. Refuses what `walk_connections` refuses.
[[nodiscard]] inline Result<Outcome> page_by_connection(
    Call& call, const Page& page, const Selector& selector,
    const std::function<void(const FoundConnection& found, PageRows& shown)>& add) {
    PageRows shown{page.limit};
    auto next = walk_connections(
        call.tx, call.standing, selector, page.after, call.now(), [&] { return !shown.is_full() && page.has_time(); },
        [&](const FoundConnection& found) { add(found, shown); });
    if (!next) return next.error();
    return std::move(shown).end(*std::move(next));
}

}  // namespace jeton::vault
