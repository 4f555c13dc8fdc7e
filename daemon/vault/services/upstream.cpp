#include "daemon/vault/services/upstream.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sodium/randombytes.h>

namespace jeton::vault {
namespace {

constexpr int cooling_limit = 60;
constexpr std::size_t tokens_limit = 100'000;

}  // namespace

std::string UpstreamTokens::key_of(const Connection& connection, const Secret& secret, std::string_view scope) {
    return fmt::format("{}/{}/{}", connection.id.text, secret.id.text, scope);
}

const UpstreamTokens::Held* UpstreamTokens::find(const std::string& key, const Clock& clock) {
    const auto at = held_.find(key);
    if (at == held_.end()) return nullptr;
    if (!at->second.expires.passed(clock)) return &at->second;
    held_.erase(at);
    return nullptr;
}

void UpstreamTokens::put(const std::string& key, const Connection& connection, UpstreamToken token,
                         const Clock& clock) {
    if (held_.size() >= tokens_limit)
        std::erase_if(held_, [&](const auto& entry) { return entry.second.expires.passed(clock); });
    const auto expires = Deadline::after(clock, token.life);
    held_.insert_or_assign(key, Held{std::move(token), expires, connection.id.text});
}

std::optional<UpstreamToken> UpstreamTokens::take(const std::string& key) {
    auto node = held_.extract(key);
    if (node.empty()) return std::nullopt;
    return std::move(node.mapped().token);
}

void UpstreamTokens::drop_connection(const ConnectionId& connection) {
    std::erase_if(held_, [&](const auto& entry) { return entry.second.connection == connection.text; });
}

void UpstreamTokens::clear() {
    held_.clear();
    forced_.clear();
}

std::size_t UpstreamTokens::count(const std::map<std::string, std::string>& environment_of_connection,
                                  const std::string& environment) const {
    return static_cast<std::size_t>(std::ranges::count_if(held_, [&](const auto& entry) {
        const auto at = environment_of_connection.find(entry.second.connection);
        return at != environment_of_connection.end() && at->second == environment;
    }));
}

bool UpstreamTokens::may_force(const std::string& key, const Clock& clock) {
    std::erase_if(forced_, [&](const auto& entry) { return entry.second.passed(clock); });
    return forced_.try_emplace(key, Deadline::after(clock, std::chrono::seconds{60})).second;
}

void UpstreamTokens::note(const EnvironmentId& environment, const std::optional<Error>& failure, const Clock& clock) {
    auto& health = health_[environment];
    if (!failure) {
        health = {};
        return;
    }
    health.last_error = failure->what;
    // Only what is the endpoint's own trouble stops the others; a wrong pair is its connection's.
    if (failure->code != Errc::temporarily_unavailable) return;
    ++health.failures;
    const int doubled = std::min(cooling_limit, 1 << std::min(health.failures - 1, 6));
    const auto jitter = static_cast<int>(randombytes_uniform(static_cast<std::uint32_t>(doubled)));
    const int wait =
        std::max(doubled / 2 + jitter / 2 + 1, failure->retry_after.value_or(0) > 2 ? *failure->retry_after : 0);
    health.cooling = Deadline::after(clock, std::chrono::seconds{wait});
}

std::optional<Error> UpstreamTokens::cooling(const EnvironmentId& environment, const Clock& clock) const {
    const auto* found = health(environment);
    if (found == nullptr || !found->cooling || found->cooling->passed(clock)) return std::nullopt;
    return unavailable(found->last_error, found->cooling->left(clock).count());
}

const UpstreamTokens::Health* UpstreamTokens::health(const EnvironmentId& environment) const {
    const auto at = health_.find(environment);
    return at == health_.end() ? nullptr : &at->second;
}

}  // namespace jeton::vault
