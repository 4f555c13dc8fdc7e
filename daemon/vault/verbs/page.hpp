/// One page of a listing: at most so many rows behind a cursor, and the cursor of the next page.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>

#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

/// A page stays well below the longest inner frame (1 MiB).
inline constexpr std::int64_t page_limit = 1000;
inline constexpr std::int64_t usual_page = 400;
inline constexpr std::size_t page_bytes_limit = 512UZ * 1024;  ///< a page of long rows ends before its `limit`

/// `limit` and `after` of a body.
struct Page {
    std::int64_t limit = usual_page;
    std::string after;  ///< the key of the last row seen; empty: from the beginning

    [[nodiscard]] static Page read(protocol::Fields& in) {
        Page page;
        page.limit = in.optional_integer("limit", 1, page_limit).value_or(usual_page);
        page.after = in.text_or("after", "");
        return page;
    }
};

/// The page of `rows`, which are put into the order of `key_of(row)`, a text that no two rows share. `view_of(row)` is
/// made for the rows of the page alone.
template <class Row, class KeyOf, class ViewOf>
[[nodiscard]] Outcome page_of(std::vector<Row> rows, const Page& page, KeyOf key_of, ViewOf view_of) {
    std::vector<std::pair<std::string, Row>> keyed;
    keyed.reserve(rows.size());
    for (auto& row : rows) {
        auto key = std::invoke(key_of, row);
        if (key > page.after) keyed.emplace_back(std::move(key), std::move(row));
    }
    std::ranges::sort(keyed, {}, &std::pair<std::string, Row>::first);
    const auto count = std::min(keyed.size(), static_cast<std::size_t>(page.limit));
    Outcome outcome;
    json::array list;
    for (std::size_t bytes = 0; list.size() < count && bytes < page_bytes_limit;) {
        list.push_back(view_of(keyed[list.size()].second));
        bytes += json::serialize(list.back()).size();
    }
    if (list.size() < keyed.size()) outcome.next = keyed[list.size() - 1].first;
    outcome.done = std::move(list);
    return outcome;
}

}  // namespace jeton::vault
