/// What we know of the terminal, and colour.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace jeton::cli {

struct Terminal {
    bool input = false;        ///< stdin is a terminal
    bool output = false;       ///< stdout is one
    bool errors = false;       ///< stderr is one
    bool color = false;        ///< colour on stdout
    bool error_color = false;  ///< colour on stderr
    std::size_t width = 0;     ///< columns of stdout; 0: no terminal, no limit

    /// A person can be asked: the question goes to stderr, the answer comes from stdin.
    [[nodiscard]] bool interactive() const { return input && errors; }
    /// For text that a question is about: where stdout is no terminal it stands on stderr, in the colours of that.
    [[nodiscard]] Terminal where_it_asks() const;

    /// Looks at the three streams; `color` is auto, always or never. NO_COLOR counts for auto only.
    [[nodiscard]] static Terminal of_this_process(std::string_view color);
};

/// Select Graphic Rendition parameters (ECMA-48 §8.3.117).
enum class Style { bold = 1, dim = 2, struck_out = 9, red = 31, green = 32, yellow = 33 };

/// `text` in `style` if `color`, else as it is.
[[nodiscard]] std::string painted(std::string_view text, Style style, bool color);

}  // namespace jeton::cli
