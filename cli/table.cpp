#include "cli/table.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t gap = 2;

std::vector<std::size_t> natural_widths(const Table& table) {
    std::vector<std::size_t> widths = table.least;
    widths.resize(table.header.size());
    for (std::size_t column = 0; column < table.header.size(); ++column) {
        widths[column] = std::max(widths[column], display_width(table.header[column]));
    }
    for (const auto& row : table.rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], display_width(row[column]));
        }
    }
    return widths;
}

/// One word that is more than letters: a name, an ID, a time. Whoever cuts its end makes it look like another one.
bool is_name(const std::string& cell) {
    const auto is_letter = [](unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !cell.contains(' ') && !std::ranges::all_of(cell, is_letter);
}

/// What stands in a column, which decides how long it stays as wide as it is.
enum class Content {
    subject,  ///< the first column: what the row is about
    names,    ///< nothing but names
    text,
};

Content content_of(const Table& table, std::size_t column) {
    if (column == 0) return Content::subject;
    bool filled = false;
    for (const auto& row : table.rows) {
        if (column >= row.size() || row[column].empty()) continue;
        if (!is_name(row[column])) return Content::text;
        filled = true;
    }
    return filled ? Content::names : Content::text;
}

std::vector<Content> contents_of(const Table& table) {
    std::vector<Content> contents;
    contents.reserve(table.header.size());
    for (std::size_t column = 0; column < table.header.size(); ++column) contents.push_back(content_of(table, column));
    return contents;
}

/// How narrow each kind of column may become, from the first attempt to the last.
using Floors = std::array<std::size_t, 3>;
constexpr auto uncut = static_cast<std::size_t>(-1);
constexpr std::size_t short_name = 11;  ///< an ID or a prefix is typed as it stands here, of a time the day is left
constexpr std::array attempts{Floors{uncut, 20, 10}, Floors{uncut, 12, 8}, Floors{24, short_name, 6},
                              Floors{16, short_name, 6}, Floors{8, short_name, 6}};

void fit(std::vector<std::size_t>& widths, const std::vector<Content>& contents, std::size_t width) {
    const auto gaps = gap * (widths.size() - 1);
    auto total = std::accumulate(widths.begin(), widths.end(), gaps);
    for (const auto& floors : attempts) {
        while (total > width) {
            std::size_t* widest = nullptr;
            for (std::size_t column = 0; column < widths.size(); ++column) {
                const bool gives_way = widths[column] > floors[static_cast<std::size_t>(contents[column])];
                if (gives_way && (widest == nullptr || widths[column] > *widest)) widest = &widths[column];
            }
            if (widest == nullptr) break;
            --*widest;
            --total;
        }
    }
}

/// RFC 3339 in UTC, as the daemon writes it: the day says more than the seconds.
bool is_time(const std::string& cell) {
    return cell.size() == 20 && cell[4] == '-' && cell[10] == 'T' && cell.back() == 'Z';
}

std::string fitted(const std::string& cell, std::size_t width) {
    return is_name(cell) && !is_time(cell) ? shortened_middle(cell, width) : shortened(cell, width);
}

std::string line_of(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
        line += padded(fitted(row[column], widths[column]), widths[column] + gap);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

}  // namespace

std::string Table::text(std::size_t width, bool color) const {
    if (header.empty()) return {};
    auto widths = natural_widths(*this);
    if (width > 0) fit(widths, contents_of(*this), width);
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
