#include "cli/known_heads.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

#include <boost/json/parse.hpp>

#include "cli/document.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t hash_digits = 64;
constexpr std::size_t signature_digits = 128;

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<KnownHead> checked(std::int64_t sequence, std::string_view hash, std::string_view signature) {
    if (sequence < 1 || !is_hex(hash, hash_digits)) return std::nullopt;
    if (!signature.empty() && !is_hex(signature, signature_digits)) return std::nullopt;
    return KnownHead{sequence, std::string{hash}, std::string{signature}};
}

/// The word behind `name=`; empty where there is none.
std::string_view word_behind(std::string_view line, std::string_view name) {
    const auto at = line.find(name);
    if (at == std::string_view::npos) return {};
    const auto rest = line.substr(at + name.size());
    return rest.substr(0, rest.find_first_of(" \t\r"));
}

/// A line of the daemon's log. One without its signature is no head: anybody could have written that.
std::optional<KnownHead> of_log_line(std::string_view line) {
    const auto at = line.find("audit head sequence=");
    if (at == std::string_view::npos) return std::nullopt;
    line.remove_prefix(at);
    const auto digits = word_behind(line, "sequence=");
    std::int64_t sequence = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
    const auto signature = word_behind(line, "signature=");
    return signature.empty() ? std::nullopt : checked(sequence, word_behind(line, "hash="), signature);
}

std::optional<KnownHead> of_object(const json::value& object) {
    return checked(integer(object, "sequence").value_or(0), raw_field(object, "hash"), raw_field(object, "signature"));
}

std::optional<KnownHead> of_line(std::string_view line) {
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] != '{') return of_log_line(line);
    boost::system::error_code ec;
    const auto object = json::parse(json::string_view{line.data(), line.size()}, ec);
    if (ec || !object.is_object()) return std::nullopt;
    if (member(object, "head").is_object()) return of_object(member(object, "head"));
    if (const auto message = raw_field(object, "MESSAGE"); !message.empty()) return of_log_line(message);
    return of_object(object);
}

}  // namespace

std::vector<KnownHead> known_heads(std::string_view text) {
    std::vector<KnownHead> heads;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (auto head = of_line(text.substr(0, end))) heads.push_back(*std::move(head));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    const auto key = [](const KnownHead& head) { return std::tie(head.sequence, head.hash, head.signature); };
    std::ranges::sort(heads, {}, key);
    const auto repeated = std::ranges::unique(heads, {}, key);
    heads.erase(repeated.begin(), repeated.end());
    return heads;
}

}  // namespace jeton::cli
