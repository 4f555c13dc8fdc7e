#include "daemon/front/routes/exposition.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace jeton::front {
namespace {

bool is_name(std::string_view name, bool colons) {
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               (colons && c == ':');
    };
    if (name.empty()) return false;
    const bool begins_with_digit = name.front() >= '0' && name.front() <= '9';
    return !begins_with_digit && std::ranges::all_of(name, fits);
}

/// Backslash and line feed are all that the format escapes, and the quote within one. Other control characters have no
/// business in a name and could mislead a careless reader.
std::string escaped(std::string_view text, bool within_quotes) {
    std::string safe;
    for (const char c : text) {
        if (c == '\\') {
            safe += "\\\\";
        } else if (c == '\n') {
            safe += "\\n";
        } else if (c == '"' && within_quotes) {
            safe += "\\\"";
        } else {
            safe += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
        }
    }
    return safe;
}

void write(std::string& text, const std::string& name, const Sample& sample) {
    text += name;
    char between = '{';
    for (const auto& [label, value] : sample.labels) {
        if (!is_name(label, false)) continue;
        text += fmt::format("{}{}=\"{}\"", between, label, escaped(value, true));
        between = ',';
    }
    if (between == ',') text += '}';
    text += fmt::format(" {}\n", sample.value);
}

}  // namespace

std::string exposition(const std::vector<Family>& families) {
    std::string text;
    for (auto at = families.begin(); at != families.end(); ++at) {
        const auto is_same = [&](const Family& other) { return other.name == at->name; };
        if (!is_name(at->name, true) || std::any_of(families.begin(), at, is_same)) continue;
        text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", at->name, escaped(at->help, false), at->type);
        for (auto same = at; same != families.end(); ++same) {
            if (!is_same(*same)) continue;
            for (const auto& sample : same->samples) write(text, at->name, sample);
        }
    }
    return text;
}

}  // namespace jeton::front
