/// Text for a terminal: what is stored never reaches it unescaped (threat: T23), and its width is known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace jeton::cli {

/// `text` with everything that could steer a terminal or turn the reading order written as `\x1b` or `\u{202e}`:
/// control characters (C0, DEL, C1), line separators, bidirectional and invisible characters, and bytes that are not
/// UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

/// A JSON document with the same characters written as `\u202e`: the same document, safe on a terminal. Line breaks
/// between its values stay.
[[nodiscard]] std::string printable_json(std::string_view document);

/// Columns that `text` takes on a terminal: wide characters two, combining ones none. Colour sequences count as none.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// `text` cut to at most `width` columns, with … where something is missing.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);

/// The same with the middle left out: for names, whose two ends tell them apart.
[[nodiscard]] std::string shortened_middle(std::string_view text, std::size_t width);

/// `text` with spaces behind it up to `width` columns.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);

/// `text` broken at spaces into lines of at most `width` columns; a longer word stands alone. 0: not broken.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width);

}  // namespace jeton::cli
