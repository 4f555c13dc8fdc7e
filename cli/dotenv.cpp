#include "cli/dotenv.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "cli/text.hpp"

namespace jeton::cli {
namespace {

constexpr std::string_view blank = " \t";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::string_view without_blank_front(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
    return text;
}

std::string_view without_blank_end(std::string_view text) {
    return text.substr(0, text.find_last_not_of(blank) + 1);  // npos + 1 is 0
}

/// Nothing may follow a closing quote but a comment.
bool is_empty_or_comment(std::string_view rest) {
    rest = without_blank_front(rest);
    return rest.empty() || rest.starts_with('#');
}

std::optional<char> escaped(char c) {
    switch (c) {
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case '\\':
        case '"':
        case '$':
        case '`': return c;
        default: return std::nullopt;
    }
}

/// `text` begins behind the opening quote. Nothing where the quote is not closed, or something follows it.
std::optional<client::WipedText> single_quoted(std::string_view text) {
    const auto end = text.find('\'');
    if (end == std::string_view::npos || !is_empty_or_comment(text.substr(end + 1))) return std::nullopt;
    client::WipedText value;
    value.append(text.substr(0, end));
    return value;
}

std::optional<client::WipedText> double_quoted(std::string_view text) {
    client::WipedText value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            if (!is_empty_or_comment(text.substr(i + 1))) return std::nullopt;
            return value;
        }
        const auto plain = text[i] == '\\' && i + 1 < text.size() ? escaped(text[i + 1]) : std::nullopt;
        if (plain) ++i;
        const char c = plain.value_or(text[i]);
        value.append({&c, 1});
    }
    return std::nullopt;
}

client::WipedText unquoted(std::string_view text) {
    for (auto hash = text.find('#'); hash != std::string_view::npos; hash = text.find('#', hash + 1)) {
        if (hash > 0 && !blank.contains(text[hash - 1])) continue;
        text = text.substr(0, hash);
        break;
    }
    client::WipedText value;
    value.append(without_blank_end(text));
    return value;
}

std::optional<client::WipedText> value_in(std::string_view text) {
    text = without_blank_front(text);
    if (text.starts_with('\'')) return single_quoted(text.substr(1));
    if (text.starts_with('"')) return double_quoted(text.substr(1));
    return unquoted(text);
}

std::string_view without_export(std::string_view line) {
    constexpr std::string_view word = "export";
    if (!line.starts_with(word) || line.size() == word.size() || !blank.contains(line[word.size()])) return line;
    return without_blank_front(line.substr(word.size()));
}

}  // namespace

bool is_variable_name(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !text.empty() && letter(text.front()) &&
           std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

Result<std::vector<DotenvSetting>> read_dotenv(std::string_view text, std::string_view file) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::vector<DotenvSetting> settings;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto refused = [&](std::string_view what, std::string_view next) {
            return refuse("bad_input", fmt::format("{}, line {}: {}", printable(file), number, what),
                          std::string{next});
        };
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.contains('\0')) return refused("a NUL byte", "is this a text file?");
        line = without_export(without_blank_front(line));
        if (is_empty_or_comment(line)) continue;
        const auto equals = line.find('=');
        const auto name = without_blank_end(line.substr(0, equals));
        if (equals == std::string_view::npos || !is_variable_name(name)) {
            return refused("this is no NAME=VALUE", "write NAME=VALUE, or # before a comment");
        }
        auto value = value_in(line.substr(equals + 1));
        if (!value) return refused("the quotes do not close, or something follows them", "quote the whole value");
        settings.push_back({number, std::string{name}, std::move(*value)});
    }
    return settings;
}

}  // namespace jeton::cli
