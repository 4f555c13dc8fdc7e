#include "cli/pages.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "libclient/protocol/ascii.hpp"

namespace jeton::cli {
namespace {

constexpr std::int64_t page_limit = 400;  ///< rows that the daemon puts on a page when nobody says how many

using protocol::trimmed;

/// Cuts `text` at the first of `ends` that stands in no quoted string; returns what was before it.
std::string_view cut(std::string_view& text, std::string_view ends) {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (quoted && text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            quoted = !quoted;
        } else if (!quoted && ends.contains(text[at])) {
            break;
        }
    }
    const auto before = text.substr(0, std::min(at, text.size()));
    text.remove_prefix(before.size());
    return trimmed(before);
}

bool says_next(std::string_view parameter) {
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || trimmed(parameter.substr(0, equals)) != "rel") return false;
    auto relations = trimmed(parameter.substr(equals + 1));
    if (relations.size() >= 2 && relations.front() == '"' && relations.back() == '"')
        relations = relations.substr(1, relations.size() - 2);
    while (!relations.empty()) {
        const auto space = std::min(relations.find(' '), relations.size());
        if (relations.substr(0, space) == "next") return true;
        relations.remove_prefix(std::min(space + 1, relations.size()));
    }
    return false;
}

/// A target that a request line can carry, and of the daemon that was asked.
bool is_path(std::string_view target) {
    return target.starts_with('/') && !target.starts_with("//") &&
           std::ranges::all_of(target, [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
}

std::unexpected<Failure> not_a_listing(std::string what) {
    return std::unexpected{Failure{exit_code::unreachable,
                                   "bad_answer",
                                   std::move(what),
                                   "check that jetond and jeton are of the same release: jeton --version",
                                   {}}};
}

}  // namespace

std::optional<std::string> next_page_in(std::string_view link) {
    while (!link.empty()) {
        link.remove_prefix(std::min(link.find_first_not_of(" \t,"), link.size()));
        const auto end = link.find('>');
        if (!link.starts_with('<') || end == std::string_view::npos) return std::nullopt;
        const auto target = link.substr(1, end - 1);
        link.remove_prefix(end + 1);
        bool is_next = false;
        cut(link, ";,");
        while (link.starts_with(';')) {
            link.remove_prefix(1);
            is_next |= says_next(cut(link, ";,"));
        }
        if (is_next) return is_path(target) ? std::optional{std::string{target}} : std::nullopt;
    }
    return std::nullopt;
}

std::string with_page_limit(std::string target, std::int64_t limit) {
    target += fmt::format("{}limit={}", target.contains('?') ? '&' : '?', std::min(limit, page_limit));
    return target;
}

Result<void> Pages::add(Document page) {
    auto* rows = page.tree.if_array();
    if (rows == nullptr) return not_a_listing("the daemon's answer is no listing");
    if (!page.next.empty() && page.next == next_) return not_a_listing("the daemon's listing does not end");
    next_ = std::move(page.next);
    const auto wanted = limit_ ? static_cast<std::size_t>(*limit_) : rows_.size() + rows->size();
    const bool is_whole = rows_.size() + rows->size() <= wanted;
    for (auto& row : *rows) {
        if (rows_.size() == wanted) break;
        rows_.push_back(std::move(row));
    }
    if (limit_ && rows_.size() == wanted) next_.clear();
    only_ = ++pages_ == 1 && is_whole ? std::move(page.text) : client::WipedText{};
    return {};
}

Document Pages::take() {
    json::value tree(std::move(rows_));
    auto text = only_.empty() ? to_text(tree) : std::move(only_);
    return {std::move(text), std::move(tree), {}};
}

}  // namespace jeton::cli
