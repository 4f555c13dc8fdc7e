/// One page of a listing: at most so many rows behind a cursor, and the cursor of the next page.
#pragma once

#include <algorithm>
#include <chrono>
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

inline constexpr std::chrono::milliseconds page_time{20};

/// `limit` and `after` of a body.
struct Page {
    std::int64_t limit = usual_page;
    std::string after;  ///< the key of the last row seen; empty: from the beginning
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

    /// Others wait: a page that takes longer ends early, though it may be short or empty.
    [[nodiscard]] bool has_time() const { return std::chrono::steady_clock::now() - began < page_time; }
    [[nodiscard]] static Page read(protocol::Fields& in) {
        Page page;
        page.limit = in.optional_integer("limit", 1, page_limit).value_or(usual_page);
        page.after = in.text_or("after", "");
        return page;
    }
};

/// The rows of one page, as they are made.
class PageRows {
public:
    explicit PageRows(std::int64_t limit) : limit_{static_cast<std::size_t>(limit)} {}

    [[nodiscard]] bool is_full() const { return rows_.size() >= limit_ || bytes_ >= page_bytes_limit; }
    [[nodiscard]] std::size_t count() const { return rows_.size(); }

    /// What a row comes to on the way is only known once it is text.
    void add(json::value row) {
        bytes_ += json::serialize(row).size();
        rows_.push_back(std::move(row));
    }

    /// `next` is the key of the last row where more follow, else empty.
    [[nodiscard]] Outcome end(std::string next) && {
        Outcome outcome;
        outcome.next = std::move(next);
        outcome.done = std::move(rows_);
        return outcome;
    }

private:
    std::size_t limit_;
    std::size_t bytes_ = 0;
    json::array rows_;
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
    PageRows shown{page.limit};
    while (shown.count() < keyed.size() && !shown.is_full()) shown.add(view_of(keyed[shown.count()].second));
    std::string next;
    if (shown.count() < keyed.size()) next = std::move(keyed[shown.count() - 1].first);
    return std::move(shown).end(std::move(next));
}

}  // namespace jeton::vault
