#include "daemon/base/shown.hpp"

#include <algorithm>

#include "daemon/base/log.hpp"

namespace jeton {
namespace {

constexpr std::size_t kept = 8;             ///< characters of a secret that may be shown: its prefix
constexpr std::size_t prefix_limit = 4;     ///< before the dot
constexpr std::size_t behind_prefix = 20;   ///< characters that make a secret of what begins with a prefix
constexpr std::size_t without_prefix = 40;  ///< a base64 of 32 bytes has 43, a UUID 36

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The characters of secrets and tokens: base64url, and the dots between their parts; of the other base64 all but `/`,
/// which ends a run because names hold it (`app/tenant`).
bool is_of_a_run(char c) { return is_alphanumeric(c) || std::string_view{"._-+=~"}.contains(c); }

bool looks_secret(std::string_view run) {
    const auto dot = run.find('.');
    if (dot != std::string_view::npos && dot > 0 && dot <= prefix_limit) {
        const auto rest = run.substr(dot + 1);
        const auto end = std::ranges::find_if_not(rest, is_alphanumeric);
        if (static_cast<std::size_t>(end - rest.begin()) >= behind_prefix) return true;
    }
    return run.size() >= without_prefix && std::ranges::any_of(run, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string shown(std::string_view sent, std::size_t limit) {
    std::string text;
    while (!sent.empty()) {
        const auto end = std::ranges::find_if_not(sent, is_of_a_run);
        const auto run = sent.substr(0, static_cast<std::size_t>(end - sent.begin()));
        text += looks_secret(run) ? std::string{run.substr(0, kept)} + "..." : std::string{run};
        sent.remove_prefix(run.size());
        if (sent.empty()) break;
        text += sent.front();
        sent.remove_prefix(1);
    }
    return log::escape(std::string_view{text}.substr(0, limit));
}

}  // namespace jeton
