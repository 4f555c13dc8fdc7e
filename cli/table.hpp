/// Rows and columns, and "name: value" lists, that fit the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace jeton::cli {

/// Cells must be `printable` already. A row may be shorter than the header, never longer.
struct Table {
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
    std::vector<std::size_t> least{};  ///< columns are at least so wide

    /// Lines with their newlines. `width`: columns of the terminal, 0 for no limit. The widest columns give way first,
    /// the first column last: it says what the row is about; short IDs stay whole as long as can be. Of a name both
    /// ends stay, of any other cell the beginning. `color`: the header stands out.
    [[nodiscard]] std::string text(std::size_t width, bool color = false) const;
};

/// One line for each pair whose value is not empty, values below each other.
[[nodiscard]] std::string pairs_text(const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace jeton::cli
