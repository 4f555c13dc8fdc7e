#include "cli/scope_lines.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "cli/text.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t indent = 4;  ///< columns before the words of a line, the mark among them

std::string_view access_text(const json::value& scope) { return raw_field(scope, "access") == "w" ? "Write" : "Read"; }

std::string marked(const std::string& words, Mark mark, bool color) {
    switch (mark) {
        case Mark::added: return "  + " + painted(words, Style::green, color);
        case Mark::removed: return "  - " + painted(words, Style::struck_out, color);
        case Mark::none: break;
    }
    return "    " + words;
}

std::size_t widest_text(const std::vector<ScopeLine>& lines) {
    std::size_t widest = 0;
    for (const auto& line : lines) widest = std::max(widest, display_width(line.text));
    return widest;
}

std::string line_text(const ScopeLine& line, std::size_t widest, const Terminal& terminal) {
    auto words = padded(line.text, widest) + "  " + line.name;
    if (terminal.width > indent) words = shortened_middle(words, terminal.width - indent);
    return marked(words, line.mark, terminal.color) + "\n";
}

}  // namespace

ScopeLine scope_line(const json::value& scope, Mark mark) {
    return {field(scope, "group"), fmt::format("{:<5} {}", access_text(scope), field(scope, "display_name")),
            field(scope, "name"), mark};
}

void add_scope_lines(std::vector<ScopeLine>& lines, const json::array& scopes, Mark mark) {
    for (const auto& scope : scopes) lines.push_back(scope_line(scope, mark));
}

std::string scope_lines_text(const std::vector<ScopeLine>& lines, const Terminal& terminal) {
    const auto widest = widest_text(lines);
    std::string text;
    for (const auto& line : lines) text += line_text(line, widest, terminal);
    return text;
}

std::string grouped_scopes_text(std::vector<ScopeLine> lines, const Terminal& terminal) {
    std::ranges::stable_sort(lines, {}, &ScopeLine::group);
    const auto widest = widest_text(lines);
    std::string text, group;
    for (const auto& line : lines) {
        if (line.group != group || text.empty()) text += painted(line.group, Style::bold, terminal.color) + "\n";
        group = line.group;
        text += line_text(line, widest, terminal);
    }
    return text;
}

}  // namespace jeton::cli
