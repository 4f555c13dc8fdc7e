#include "daemon/front/http/gate.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace jeton::front {
namespace {

constexpr std::array<std::string_view, 4> single_fields{"Host", "Authorization", "Content-Type", "Content-Length"};

/// Node's own `fetch` sends Sec-Fetch-Mode; a browser cannot help sending Sec-Fetch-Site.
constexpr std::array<std::string_view, 4> foreign_fields{"Origin", "Sec-Fetch-Site", "Forwarded", "Via"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// An obsolete line folding: a line that goes on in the next one.
bool is_folded(std::string_view raw) {
    const auto goes_on = [&](std::size_t at) { return at < raw.size() && (raw[at] == ' ' || raw[at] == '\t'); };
    for (auto end = raw.find('\n'); end != std::string_view::npos; end = raw.find('\n', end + 1)) {
        if (goes_on(end + 1)) return true;
    }
    return false;
}

std::optional<Refusal> check_field(const Field& field) {
    const auto is = [&](std::string_view name) { return equal_ignoring_case(field.name, name); };
    if (is("Transfer-Encoding")) return Refusal{501, "transfer codings are not spoken here: send Content-Length"};
    if (is("Upgrade")) return Refusal{400, "this socket cannot be upgraded"};
    if (is("Expect")) return Refusal{400, "expectations are not met here: send the request whole"};
    const bool forwarded = field.name.size() >= 12 && equal_ignoring_case(field.name.substr(0, 12), "X-Forwarded-");
    if (forwarded || std::ranges::any_of(foreign_fields, is)) {
        return Refusal{
            403, fmt::format("the field {} comes from a browser or a proxy: neither is the caller itself", field.name)};
    }
    if (is("Content-Length") &&
        (field.value.empty() || field.value.size() > 10 || !std::ranges::all_of(field.value, is_digit))) {
        return Refusal{400, "Content-Length must be one number"};
    }
    return std::nullopt;
}

/// RFC 3986 §3.3, §3.4: nothing else may stand bare in a path or query. Whatever quotes a target may rely on it.
bool may_stand_in_target(char c) { return c > ' ' && c < '\x7f' && !std::string_view{"\"#<>\\^`{|}"}.contains(c); }

bool ends_in_version(std::string_view line) {
    if (line.size() < 9) return false;
    const auto word = line.substr(line.size() - 9);
    return word.starts_with(" HTTP/") && is_digit(word[6]) && word[7] == '.' && is_digit(word[8]);
}

}  // namespace

std::optional<Refusal> check_head(const RequestHead& head) {
    if (head.version != 11) return Refusal{505, "only HTTP/1.1 is spoken here"};
    if (is_folded(head.raw)) return Refusal{400, "a header line is folded"};
    if (!head.target.starts_with('/')) return Refusal{400, "the request target must be a path"};
    if (!std::ranges::all_of(head.target, may_stand_in_target)) {
        return Refusal{400, "the request target holds a character that must be percent-encoded"};
    }
    std::array<std::size_t, single_fields.size()> found{};
    for (const auto& field : head.fields) {
        if (auto refusal = check_field(field)) return refusal;
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (equal_ignoring_case(field.name, single_fields.at(i))) ++found.at(i);
        }
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found.at(i) > 1) return Refusal{400, fmt::format("{} stands more than once", single_fields.at(i))};
    }
    if (found.front() == 0) return Refusal{400, "Host is missing"};
    return std::nullopt;
}

Refusal malformed(std::string_view reason) {
    return Refusal{400, fmt::format("this is no well-formed HTTP/1.1 request: {}", reason)};
}

bool names_another_version(std::string_view raw) {
    const auto line = raw.substr(0, raw.find("\r\n"));
    if (line.size() == raw.size() || !ends_in_version(line) || line.ends_with(" HTTP/1.1")) return false;
    // The parser judges the first thing that stands where a version should: only where nothing else does is it this
    // one.
    return std::ranges::count(line, ' ') == 2 && line.find_first_of("\r\n") == std::string_view::npos;
}

bool stops_behind_version(std::string_view raw) {
    if (raw.ends_with('\r')) raw.remove_suffix(1);
    return raw.find_first_of("\r\n") == std::string_view::npos && ends_in_version(raw);
}

}  // namespace jeton::front
