#include "cli/found_values.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "libclient/protocol/local_values.hpp"

namespace jeton::cli {
namespace {

struct Head {
    std::string_view text;
    FoundKind kind;
    bool is_local;
};

constexpr std::array heads{
    Head{"cid.", FoundKind::client_id, false},    Head{"cs1.", FoundKind::client_secret, false},
    Head{"ak1.", FoundKind::app_key, false},      Head{"jid.", FoundKind::client_id, true},
    Head{"jcs.", FoundKind::client_secret, true}, Head{"jak.", FoundKind::app_key, true},
    Head{"jtk.", FoundKind::ticket, true},
};

constexpr std::size_t portal_characters_least = 20;
constexpr std::size_t secret_least = 16;
constexpr std::size_t secret_most = 500;
constexpr std::string_view secret_name = "client_secret";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
bool is_value_character(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }
bool is_word_character(char c) { return is_digit(c) || is_letter(c) || c == '_'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// A value of a known shape at the beginning of `text`.
std::optional<FoundValue> shape_at(std::string_view text) {
    for (const auto& head : heads) {
        if (!text.starts_with(head.text)) continue;
        const auto behind = text.substr(head.text.size());
        const auto size =
            static_cast<std::size_t>(std::ranges::find_if_not(behind, is_value_character) - behind.begin());
        FoundValue found{
            .kind = head.kind, .is_local = head.is_local, .value = text.substr(0, head.text.size() + size)};
        // Capitals behind it: the run is a part of something else.
        if (size < behind.size() && is_word_character(behind[size])) return std::nullopt;
        if (head.is_local ? !protocol::local_checksum_holds(found.value).value_or(false)
                          : size < portal_characters_least)
            return std::nullopt;
        return found;
    }
    return std::nullopt;
}

/// Whether a name that ends with `client_secret` ends right before `at`.
bool is_secret_name_before(std::string_view text, std::size_t at) {
    if (at < secret_name.size()) return false;
    const auto name = text.substr(at - secret_name.size(), secret_name.size());
    return std::ranges::equal(
        name, secret_name, [](char c, char expected) { return lower(c) == expected || (expected == '_' && c == '-'); });
}

/// What is assigned behind a name at `at`: `= value`, `: "value"`, `": "value"`.
std::string_view assigned(std::string_view text) {
    const auto skip = [&](std::string_view characters) {
        text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
    };
    if (text.starts_with('"') || text.starts_with('\'')) text.remove_prefix(1);  // of a quoted name
    skip(" \t]");
    if (!text.starts_with('=') && !text.starts_with(':')) return {};
    text.remove_prefix(1);
    if (text.starts_with('=') || text.starts_with('>')) return {};  // a comparison, or code
    skip(" \t");
    const char quote = text.empty() ? '\0' : text.front();
    if (quote == '"' || quote == '\'' || quote == '`') {
        text.remove_prefix(1);
        const auto end = text.find_first_of({&quote, 1});
        return end == std::string_view::npos ? std::string_view{} : text.substr(0, end);
    }
    return text.substr(0, text.find_first_of(" \t\r\n,;"));
}

/// Long and mixed enough for a secret, and neither code nor a placeholder.
bool could_be_secret(std::string_view value) {
    if (value.size() < secret_least || value.size() > secret_most) return false;
    constexpr std::string_view of_code = "$(){}[]<>\"'`\\ \t\r\n";
    return value.find_first_of(of_code) == std::string_view::npos && std::ranges::any_of(value, is_digit) &&
           std::ranges::any_of(value, is_letter) && !value.contains("://") &&
           std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::vector<FoundValue> find_values(std::string_view text) {
    std::vector<FoundValue> found;
    std::size_t line = 1;
    const char* named_end = text.data();  // of the last value that was told by its name
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\n') ++line;
        const bool is_word_begin = is_word_character(text[at]) && (at == 0 || !is_word_character(text[at - 1]));
        if (is_word_begin && text.data() + at >= named_end) {
            if (auto value = shape_at(text.substr(at))) {
                value->line = line;
                at += value->value.size() - 1;
                found.push_back(*value);
                continue;
            }
        }
        if (is_word_character(text[at]) || text[at] == '-' || !is_secret_name_before(text, at)) continue;
        const auto value = assigned(text.substr(at));
        if (!could_be_secret(value) || shape_at(value)) continue;  // a shape is found where it stands
        found.push_back({.line = line, .kind = FoundKind::client_secret, .value = value});
        named_end = value.data() + value.size();
    }
    return found;
}

}  // namespace jeton::cli
