#include "cli/review.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/table.hpp"
#include "cli/text.hpp"

namespace jeton::cli {
namespace {

enum class Mark { none, added, removed };

struct Line {
    std::string group;
    std::string text;
    std::string name;
    Mark mark;
};

std::string access_text(const json::value& scope) { return raw_field(scope, "access") == "w" ? "Write" : "Read"; }

Line line_of(const json::value& scope, Mark mark) {
    return {field(scope, "group"), fmt::format("{:<5} {}", access_text(scope), field(scope, "display_name")),
            field(scope, "name"), mark};
}

/// All scopes of the offered version, then those that go; a first review has nothing to compare with.
std::vector<Line> lines_of(const json::value& review) {
    const bool compares =
        member(review, "accepted_version").is_int64() || member(review, "accepted_version").is_uint64();
    std::set<std::string, std::less<>> added;
    for (const auto& scope : elements(member(review, "added"))) added.insert(field(scope, "name"));
    std::vector<Line> lines;
    for (const auto& scope : elements(member(review, "scopes"))) {
        lines.push_back(line_of(scope, compares && added.contains(field(scope, "name")) ? Mark::added : Mark::none));
    }
    for (const auto& scope : elements(member(review, "removed"))) lines.push_back(line_of(scope, Mark::removed));
    std::ranges::stable_sort(lines, {}, &Line::group);
    return lines;
}

std::string scopes_text(const json::value& review, const Terminal& terminal) {
    const auto lines = lines_of(review);
    std::size_t widest = 0;
    for (const auto& line : lines) widest = std::max(widest, display_width(line.text));
    std::string text, group;
    for (const auto& line : lines) {
        if (line.group != group || text.empty()) text += painted(line.group, Style::bold, terminal.color) + "\n";
        group = line.group;
        auto words = padded(line.text, widest) + "  " + line.name;
        if (terminal.width > 4) words = shortened(words, terminal.width - 4);
        switch (line.mark) {
            case Mark::none: text += "    " + words + "\n"; break;
            case Mark::added: text += "  + " + painted(words, Style::green, terminal.color) + "\n"; break;
            case Mark::removed: text += "  - " + painted(words, Style::struck_out, terminal.color) + "\n"; break;
        }
    }
    return text;
}

}  // namespace

std::string review_text(const json::value& review, const Terminal& terminal) {
    const auto& app = member(review, "app");
    auto text = pairs_text({{"connection", field(review, "connection")},
                            {"state", field(review, "state")},
                            {"app", field(app, "app")},
                            {"organization", field(app, "organization")},
                            {"homepage", field(app, "homepage")},
                            {"accepted version", field(review, "accepted_version")},
                            {"offered version", field(review, "offered_version")}});
    text += "\n" + scopes_text(review, terminal);
    if (const auto statement = field(review, "statement"); !statement.empty()) {
        text += "\n" + wrapped(statement, terminal.width) + "\n";
    }
    for (const auto& warning : elements(member(review, "warnings"))) {
        const auto* words = warning.if_string();
        if (words == nullptr) continue;
        const auto line = "warning: " + printable({words->data(), words->size()});
        text += painted(wrapped(line, terminal.width), Style::yellow, terminal.color) + "\n";
    }
    return text;
}

}  // namespace jeton::cli
