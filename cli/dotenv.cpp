#include "cli/dotenv.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/text.hpp"

namespace jeton::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view blanks = " \t\r\v\f";
constexpr std::size_t name_limit = 200;
constexpr std::string_view bad_quotes = "the quotes do not close, or something follows them";

bool is_name_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
}

void skip_blanks(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size())); }

std::string_view trimmed(std::string_view text) {
    const auto last = text.find_last_not_of(blanks);
    text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
    skip_blanks(text);
    return text;
}

/// "NAME=…": takes the name and the sign off. Nothing where `line` is no assignment.
std::optional<std::string_view> take_name(std::string_view& line) {
    auto rest = line;
    skip_blanks(rest);
    constexpr std::string_view exported = "export";
    if (rest.starts_with(exported) && rest.size() > exported.size() &&
        blanks.find(rest[exported.size()]) != std::string_view::npos) {
        rest.remove_prefix(exported.size());
        skip_blanks(rest);
    }
    const auto end = std::ranges::find_if_not(rest, is_name_character) - rest.begin();
    const auto name = rest.substr(0, static_cast<std::size_t>(end));
    rest.remove_prefix(name.size());
    skip_blanks(rest);
    const bool begins_like_one = !name.empty() && (name[0] == '_' || (name[0] | 0x20) >= 'a');
    if (!begins_like_one || name.size() > name_limit || !rest.starts_with('=')) return std::nullopt;
    rest.remove_prefix(1);
    line = rest;
    return name;
}

/// A line that, within quotes, looks so much like a variable that the quotes are not closed where they should be.
bool looks_like_variable(std::string_view line) {
    const auto name = take_name(line);
    return name && std::ranges::none_of(*name, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// A comment, or nothing, behind a quoted value.
bool ends_line(std::string_view rest) {
    skip_blanks(rest);
    return rest.empty() || rest.front() == '#' || rest.front() == '\n';
}

/// What a line holds that is neither a setting nor a comment nor empty.
bool is_something_else(std::string_view line) {
    skip_blanks(line);
    return !line.empty() && line.front() != '#';
}

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {
        if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
    }

    /// What is no setting has no name, and a problem.
    std::vector<DotenvSetting> read() {
        std::vector<DotenvSetting> settings;
        while (!text_.empty()) {
            auto line = text_.substr(0, text_.find('\n'));
            if (const auto name = take_name(line)) {
                DotenvSetting setting{.line = line_, .name = std::string{*name}, .value = {}};
                read_value(setting, line);
                settings.push_back(std::move(setting));
            } else if (is_something_else(line)) {
                settings.push_back({.line = line_, .name = {}, .value = {}, .problem = "this is no NAME=VALUE"});
            }
            next_line();
        }
        return settings;
    }

private:
    void next_line() {
        const auto end = text_.find('\n');
        text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
        ++line_;
    }

    /// `line`: what stands behind the sign, to the end of its line.
    void read_value(DotenvSetting& setting, std::string_view line) {
        skip_blanks(line);
        const char quote = line.empty() ? '\0' : line.front();
        if (quote == '"' || quote == '\'' || quote == '`') return read_quoted(setting, line, quote);
        for (std::size_t at = 0; at < line.size(); ++at) {
            const bool begins_comment = line[at] == '#' && (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t');
            if (begins_comment) line = line.substr(0, at);
        }
        line = trimmed(line);
        note_expansion(setting, line);
        setting.value.append(line);
    }

    void read_quoted(DotenvSetting& setting, std::string_view line, char quote) {
        // From the quote on, over the ends of lines.
        const auto begin = static_cast<std::size_t>(line.data() - text_.data());
        const auto inside = text_.substr(begin + 1);
        const auto end = end_of_quote(inside, quote);
        if (!end) {
            setting.problem = bad_quotes;
            setting.value.append(trimmed(line.substr(1)));
            return;
        }
        const auto quoted = inside.substr(0, *end);
        if (!ends_line(inside.substr(*end + 1))) setting.problem = bad_quotes;
        if (quote == '"') {
            note_expansion(setting, quoted);
            append_unescaped(setting.value, quoted);
        } else {
            setting.value.append(quoted);
        }
        // Go on behind the line on which the quote is closed.
        for (auto left = std::ranges::count(quoted, '\n'); left > 0; --left) next_line();
    }

    static std::optional<std::size_t> end_of_quote(std::string_view inside, char quote) {
        for (std::size_t at = 0; at < inside.size(); ++at) {
            if (quote == '"' && inside[at] == '\\') {
                ++at;
            } else if (inside[at] == quote) {
                return at;
            } else if (inside[at] == '\n') {
                const auto next = inside.substr(at + 1);
                if (looks_like_variable(next.substr(0, next.find('\n')))) return std::nullopt;
            }
        }
        return std::nullopt;
    }

    static void append_unescaped(client::WipedText& value, std::string_view quoted) {
        while (!quoted.empty()) {
            const auto plain = quoted.substr(0, quoted.find('\\'));
            value.append(plain);
            quoted.remove_prefix(plain.size());
            if (quoted.size() < 2) {
                value.append(quoted);
                return;
            }
            switch (quoted[1]) {
                case 'n': value.append("\n"); break;
                case 'r': value.append("\r"); break;
                case 't': value.append("\t"); break;
                case '"':
                case '\\':
                case '$':
                case '`': value.append(quoted.substr(1, 1)); break;
                default: value.append(quoted.substr(0, 2)); break;
            }
            quoted.remove_prefix(2);
        }
    }

    /// Some libraries would put another variable here, and some would not.
    static void note_expansion(DotenvSetting& setting, std::string_view value) {
        setting.is_expanded = value.contains("${") || value.contains("$(");
    }

    std::string_view text_;
    std::size_t line_ = 1;
};

}  // namespace

bool is_variable_name(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !text.empty() && letter(text.front()) &&
           std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

Result<std::vector<DotenvSetting>> read_dotenv(std::string_view text, std::string_view file) {
    const auto refused = [&](std::size_t line, std::string_view what, std::string_view next) {
        return refuse("bad_input", fmt::format("{}, line {}: {}", printable(file), line, what), std::string{next});
    };
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
        const auto line = 1 + std::ranges::count(text.substr(0, nul), '\n');
        return refused(static_cast<std::size_t>(line), "a NUL byte", "is this a text file?");
    }
    auto settings = Reader{text}.read();
    for (const auto& setting : settings) {
        if (setting.problem == bad_quotes) return refused(setting.line, bad_quotes, "quote the whole value");
        if (!setting.problem.empty() || !is_variable_name(setting.name)) {
            return refused(setting.line, "this is no NAME=VALUE", "write NAME=VALUE, or # before a comment");
        }
    }
    return settings;
}

std::vector<DotenvSetting> read_foreign_dotenv(std::string_view text) {
    auto settings = Reader{text}.read();
    std::erase_if(settings, [](const DotenvSetting& setting) { return setting.name.empty(); });
    return settings;
}

}  // namespace jeton::cli
