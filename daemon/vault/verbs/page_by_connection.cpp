#include "daemon/vault/verbs/page_by_connection.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace jeton::vault {
namespace {

/// What a cursor says: behind which connection the walk goes on, and, where a page ended among the rows of the next
/// one, behind which of them. No name holds a space.
struct Place {
    std::string_view behind;
    std::string_view within = {};
    std::string_view key = {};
};

std::string_view take_word(std::string_view& text) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
}

Place place_at(std::string_view cursor) {
    Place place{.behind = take_word(cursor)};
    place.within = take_word(cursor);
    place.key = cursor;
    return place;
}

}  // namespace

Result<Outcome> page_by_connection(Call& call, const Page& page, const Selector& selector,
                                   const std::function<std::vector<KeyedRow>(const FoundConnection& found)>& rows_of) {
    const auto place = place_at(page.after);
    PageRows shown{page.limit};
    std::string rest;  // where a connection's rows were more than there was room for
    const auto visit = [&](const FoundConnection& found) {
        auto rows = rows_of(found);
        const auto name = found.name();
        std::ranges::sort(rows, {}, &KeyedRow::key);
        if (name == place.within) std::erase_if(rows, [&](const KeyedRow& row) { return row.key <= place.key; });
        std::string_view last;
        for (auto& row : rows) {
            if (shown.is_full()) {
                if (!last.empty()) rest = " " + name + " " + std::string{last};
                return false;
            }
            shown.add(std::move(row.view));
            last = row.key;
        }
        return true;
    };
    auto next = walk_connections(
        call.tx, call.standing, selector, place.behind, call.now(), [&] { return !shown.is_full() && page.has_time(); },
        visit);
    if (!next) return next.error();
    return std::move(shown).end(*next + rest);
}

bool is_at_the_first_connection(const Page& page) {
    const auto place = place_at(page.after);
    return place.behind.empty() || place.behind == ConnectionName{}.text();
}

}  // namespace jeton::vault
