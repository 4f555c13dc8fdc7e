#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace jeton::cli {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t N>
bool in_any(const std::array<Range, N>& ranges, char32_t c) {
    return std::ranges::any_of(ranges, [c](Range range) { return c >= range.first && c <= range.last; });
}

constexpr std::array dangerous{
    Range{0x00, 0x1f},     Range{0x7f, 0x9f},     Range{0xad, 0xad},       Range{0x61c, 0x61c},   Range{0x180e, 0x180e},
    Range{0x200b, 0x200b}, Range{0x200e, 0x200f}, Range{0x2028, 0x202e},   Range{0x2060, 0x206f}, Range{0xfeff, 0xfeff},
    Range{0xfff9, 0xfffb}, Range{0xd800, 0xdfff}, Range{0xe0000, 0xe00ff},
};
constexpr std::array combining{
    Range{0x300, 0x36f},   Range{0x483, 0x489},   Range{0x591, 0x5bd},   Range{0x1ab0, 0x1aff},
    Range{0x1dc0, 0x1dff}, Range{0x20d0, 0x20ff}, Range{0x200c, 0x200d}, Range{0xfe00, 0xfe0f},
};
constexpr std::array wide{
    Range{0x1100, 0x115f}, Range{0x2e80, 0xa4cf},   Range{0xac00, 0xd7a3},
    Range{0xf900, 0xfaff}, Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},
    Range{0xffe0, 0xffe6}, Range{0x1f300, 0x1faff}, Range{0x20000, 0x3fffd},
};

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

/// The character at the front of `text`; strict: shortest form only, nothing beyond U+10FFFF.
Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
    char32_t code = lead & (0x7fU >> bytes);
    for (std::size_t at = 1; at < bytes; ++at) {
        if ((byte(at) & 0xc0U) != 0x80U) return {};
        code = (code << 6U) | (byte(at) & 0x3fU);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[bytes] || code > 0x10ffff) return {};
    return {code, bytes, true};
}

std::size_t width_of(char32_t c) {
    if (in_any(combining, c)) return 0;
    return in_any(wide, c) ? 2 : 1;
}

/// Bytes of the longest front of `text` that takes at most `width` columns, combining characters included.
std::size_t bytes_within(std::string_view text, std::size_t width) {
    std::size_t bytes = 0;
    std::size_t used = 0;
    while (bytes < text.size()) {
        const auto next = first_character(text.substr(bytes));
        used += next.valid ? width_of(next.code) : 1;
        if (used > width) break;
        bytes += next.bytes;
    }
    return bytes;
}

/// Bytes of the colour sequence at the front of `text`; 0 if there is none.
std::size_t colour_sequence(std::string_view text) {
    if (!text.starts_with("\x1b[")) return 0;
    const auto end = text.find('m');
    return end == std::string_view::npos ? 0 : end + 1;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const auto next = first_character(text);
        if (!next.valid) {
            safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
        } else if (in_any(dangerous, next.code)) {
            safe += next.code < 0x80 ? fmt::format("\\x{:02x}", static_cast<std::uint32_t>(next.code))
                                     : fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(next.code));
        } else {
            safe += text.substr(0, next.bytes);
        }
        text.remove_prefix(next.bytes);
    }
    return safe;
}

std::string printable_json(std::string_view document) {
    std::string safe;
    safe.reserve(document.size());
    while (!document.empty()) {
        const auto next = first_character(document);
        // Below the space there are only the line breaks between values: inside strings JSON escapes what is there.
        if (!next.valid || next.code < 0x20 || !in_any(dangerous, next.code)) {
            safe += document.substr(0, next.bytes);
        } else if (next.code < 0x10000) {
            safe += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(next.code));
        } else {
            const auto beyond = static_cast<std::uint32_t>(next.code) - 0x10000;
            safe += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (beyond >> 10U), 0xdc00 + (beyond & 0x3ffU));
        }
        document.remove_prefix(next.bytes);
    }
    return safe;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        if (const auto sequence = colour_sequence(text); sequence > 0) {
            text.remove_prefix(sequence);
            continue;
        }
        const auto next = first_character(text);
        width += next.valid ? width_of(next.code) : 1;
        text.remove_prefix(next.bytes);
    }
    return width;
}

std::string shortened(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string{text};
    if (width == 0) return {};
    return std::string{text.substr(0, bytes_within(text, width - 1))} + "…";
}

std::string shortened_middle(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string{text};
    if (width == 0) return {};
    const auto front = text.substr(0, bytes_within(text, width / 2));
    const auto room = width - 1 - display_width(front);
    auto back = text.substr(front.size());
    auto used = display_width(back);
    while (!back.empty()) {
        const auto next = first_character(back);
        const auto columns = next.valid ? width_of(next.code) : 1;
        // What combined with a character that was left out goes with it.
        if (used <= room && columns > 0) break;
        used -= std::min(used, columns);
        back.remove_prefix(next.bytes);
    }
    return std::string{front} + "…" + std::string{back};
}

std::string padded(std::string_view text, std::size_t width) {
    const auto used = display_width(text);
    return std::string{text} + std::string(used < width ? width - used : 0, ' ');
}

std::string wrapped(std::string_view text, std::size_t width) {
    if (width == 0) return std::string{text};
    std::string lines;
    std::size_t used = 0;
    while (!text.empty()) {
        const auto space = std::min(text.find(' '), text.size());
        const auto word = text.substr(0, space);
        const auto needed = display_width(word);
        if (used > 0) {
            const bool fits = used + 1 + needed <= width;
            lines += fits ? ' ' : '\n';
            used = fits ? used + 1 : 0;
        }
        lines += word;
        used += needed;
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    return lines;
}

}  // namespace jeton::cli
