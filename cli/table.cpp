#include "cli/table.hpp"

#include <algorithm>
#include <numeric>

#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 6;  ///< a column is never cut below this

std::vector<std::size_t> natural_widths(const Table& table) {
    std::vector<std::size_t> widths;
    widths.reserve(table.header.size());
    for (const auto& cell : table.header) widths.push_back(display_width(cell));
    for (const auto& row : table.rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], display_width(row[column]));
        }
    }
    return widths;
}

void fit(std::vector<std::size_t>& widths, std::size_t width) {
    const auto gaps = gap * (widths.size() - 1);
    while (std::accumulate(widths.begin(), widths.end(), gaps) > width) {
        const auto widest = std::ranges::max_element(widths);
        if (*widest <= narrowest) return;
        --*widest;
    }
}

std::string line_of(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
        line += padded(shortened(row[column], widths[column]), widths[column] + gap);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

}  // namespace

std::string Table::text(std::size_t width, bool color) const {
    if (header.empty()) return {};
    auto widths = natural_widths(*this);
    if (width > 0) fit(widths, width);
    auto head = line_of(header, widths);
    head.pop_back();
    auto lines = painted(head, Style::bold, color) + "\n";
    for (const auto& row : rows) lines += line_of(row, widths);
    return lines;
}

std::string pairs_text(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::size_t widest = 0;
    for (const auto& [name, value] : pairs) {
        if (!value.empty()) widest = std::max(widest, display_width(name));
    }
    std::string lines;
    for (const auto& [name, value] : pairs) {
        if (!value.empty()) lines += padded(name, widest + gap) + value + "\n";
    }
    return lines;
}

}  // namespace jeton::cli
