#include "daemon/vault/services/upstream.hpp"

#include <algorithm>
#include <utility>

#include <sodium/randombytes.h>

namespace jeton::vault {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t tokens_limit = 100'000;
constexpr std::size_t keys_per_connection = 16;
constexpr std::chrono::minutes key_counts_for{15};
constexpr std::chrono::seconds refresh_again{15};  ///< above the time that one request takes at most

/// A token is replaced so much earlier than the margin asks for that the new one is there by then: who wants as much
/// life as the margin does not wait for it. 10 s of 900; tokens that came together do not go together: at most 2 s
/// more.
std::chrono::seconds lead(std::chrono::seconds life) {
    const auto most = static_cast<std::uint32_t>(std::clamp<std::int64_t>(life.count() / 450, 0, 10));
    return std::min<std::chrono::seconds>(30s, life / 90) + std::chrono::seconds{randombytes_uniform(most + 1)};
}

SealedPlace in_memory() { return {"memory", "", "", 1}; }

}  // namespace

UpstreamTokens::UpstreamTokens() : memory_key_(DataKey::generate()) {}

TokenKey UpstreamTokens::token_key(const Connection& connection, const Secret& secret, std::string_view scopes) {
    return {connection.id, secret.id, std::string{scopes}, {}};
}

std::chrono::seconds UpstreamTokens::margin_of(std::chrono::seconds life) {
    return std::min<std::chrono::seconds>(300s, life / 3);
}

const UpstreamTokens::Held* UpstreamTokens::find(const std::string& key, const Clock& clock) const {
    const auto at = held_.find(key);
    return at == held_.end() || at->second.expires.passed(clock) ? nullptr : &at->second;
}

UpstreamTokens::Held UpstreamTokens::sealed(UpstreamToken token, std::chrono::seconds left,
                                            const ConnectionId& connection, const Clock& clock) const {
    Held held;
    held.sealed = seal(memory_key_, in_memory(), bytes_of(token.access_token.reveal()));
    held.scope = std::move(token.scope);
    held.life = token.life;
    held.expires = Deadline::after(clock, left);
    held.connection = connection.text;
    return held;
}

SecretText UpstreamTokens::open(const Held& held) const {
    return SecretText{text_of(vault::open(memory_key_, in_memory(), held.sealed).span())};
}

void UpstreamTokens::insert(const TokenKey& key, UpstreamToken token, std::chrono::seconds left, const Clock& clock) {
    if (held_.size() >= tokens_limit)
        std::erase_if(held_, [&](const auto& entry) { return entry.second.expires.passed(clock); });
    auto held = sealed(std::move(token), left, key.connection, clock);
    held.key = key;
    held.refresh_left = margin_of(held.life) + lead(held.life);
    held_.insert_or_assign(key.text(), std::move(held));
}

void UpstreamTokens::hold(const TokenKey& key, UpstreamToken token, const Clock& clock) {
    std::optional<BootTime> last_used;
    for (const auto& other : keys_of(key.connection)) {
        if (other.scopes != key.scopes || other.resource != key.resource) continue;
        const auto at = held_.find(other.text());
        last_used = std::max(last_used, at->second.last_used);
        if (at->second.expires.left(clock) > token.life) note_end(key.connection.text, at->second.expires);
        held_.erase(at);
    }
    const auto life = token.life;
    insert(key, std::move(token), life, clock);
    held_.at(key.text()).last_used = last_used;
}

void UpstreamTokens::note_end(const std::string& connection, const Deadline& end) {
    auto& last = dropped_[connection].last_end;
    if (!last || last->boot < end.boot) last = end;
}

void UpstreamTokens::hold_tried(const TokenKey& key, UpstreamToken token, const Clock& clock) {
    hold(key, std::move(token), clock);
    held_.at(key.text()).wanted = false;
}

void UpstreamTokens::hold_again(const TokenKey& key, UpstreamToken token, std::chrono::seconds left, bool wanted,
                                const Clock& clock) {
    const auto age = token.life - left;
    insert(key, std::move(token), left, clock);
    auto& held = held_.at(key.text());
    held.wanted = wanted;
    // Somebody wanted it when it came; who used it since is not known.
    if (wanted) held.last_used = clock.boot_time() - age;
}

void UpstreamTokens::put(const std::string& key, const Connection& connection, UpstreamToken token,
                         const Clock& clock) {
    const auto life = token.life;
    held_.insert_or_assign(key, sealed(std::move(token), life, connection.id, clock));
}

std::optional<UpstreamToken> UpstreamTokens::take(const std::string& key) {
    auto node = held_.extract(key);
    if (node.empty()) return std::nullopt;
    auto& held = node.mapped();
    return UpstreamToken{open(held), std::move(held.scope), held.life};
}

void UpstreamTokens::drop_connection(const ConnectionId& connection) {
    ++dropped_[connection.text].times;
    std::erase_if(held_, [&](const auto& entry) {
        const auto& held = entry.second;
        if (held.connection != connection.text) return false;
        note_end(held.connection, held.expires);
        return true;
    });
    refusals_.forget_connection(connection.text);
    if (!all_loaded_) loaded_.insert(connection.text);  // what its rows say is over, too
}

std::uint64_t UpstreamTokens::drops(const ConnectionId& connection) const {
    const auto at = dropped_.find(connection.text);
    return clears_ + (at == dropped_.end() ? 0 : at->second.times);
}

std::chrono::seconds UpstreamTokens::longest_left(const ConnectionId& connection, const Clock& clock) const {
    std::chrono::seconds longest{0};
    const auto dropped = dropped_.find(connection.text);
    if (dropped != dropped_.end() && dropped->second.last_end) longest = dropped->second.last_end->left(clock);
    for (const auto& key : keys_of(connection)) longest = std::max(longest, held_.at(key.text()).expires.left(clock));
    return longest;
}

void UpstreamTokens::clear() {
    for (const auto& [text, held] : held_) note_end(held.connection, held.expires);
    held_.clear();
    forced_.clear();
    asked_.clear();
    refusals_.clear();
    loaded_.clear();
    all_loaded_ = false;
    ++clears_;
}

std::size_t UpstreamTokens::count(const std::map<std::string, std::string>& environment_of_connection,
                                  const std::string& environment) const {
    return static_cast<std::size_t>(std::ranges::count_if(held_, [&](const auto& entry) {
        const auto at = environment_of_connection.find(entry.second.connection);
        return at != environment_of_connection.end() && at->second == environment;
    }));
}

std::optional<UtcSeconds> UpstreamTokens::next_refresh_at(
    const std::map<std::string, std::string>& environment_of_connection, const std::string& environment,
    const Clock& clock) const {
    std::optional<std::chrono::seconds> soonest;
    for (const auto& [text, held] : held_) {
        const auto at = environment_of_connection.find(held.connection);
        if (at == environment_of_connection.end() || at->second != environment) continue;
        if (!held.key || !held.last_used || held.expires.passed(clock)) continue;
        const auto until = std::max(0s, held.expires.left(clock) - held.refresh_left);
        if (clock.boot_time() + until - *held.last_used > held.life) continue;
        if (!soonest || until < *soonest) soonest = until;
    }
    if (!soonest) return std::nullopt;
    return clock.now() + *soonest;
}

void UpstreamTokens::note_use(const std::string& key, const Clock& clock) {
    const auto at = held_.find(key);
    if (at == held_.end()) return;
    at->second.last_used = clock.boot_time();
    at->second.handed_out = true;
    at->second.wanted = true;
}

void UpstreamTokens::note_repeated(const ConnectionId& connection, const Clock& clock) {
    for (const auto& key : keys_of(connection)) {
        if (held_.at(key.text()).handed_out) note_use(key.text(), clock);
    }
}

std::vector<TokenKey> UpstreamTokens::due(const Clock& clock, std::size_t limit) {
    const FrozenClock frozen{clock};  // each second, of all that are held
    std::erase_if(held_, [&](const auto& entry) { return entry.second.expires.passed(frozen); });
    std::vector<TokenKey> found;
    const auto now = frozen.boot_time();
    auto at = held_.upper_bound(last_due_);  // each has its turn, also where more are due than are told in 15 s
    for (auto left = held_.size(); left > 0 && found.size() < limit; --left, ++at) {
        if (at == held_.end()) at = held_.begin();
        auto& held = at->second;
        if (!held.key || !held.last_used || now < held.refresh_after) continue;
        if (now - *held.last_used > held.life) continue;
        if (held.expires.left(frozen) > held.refresh_left) continue;
        held.refresh_after = now + std::min<std::chrono::seconds>(refresh_again, 1s + held.life / 3);
        found.push_back(*held.key);
    }
    if (!found.empty()) last_due_ = found.back().text();
    return found;
}

std::vector<TokenKey> UpstreamTokens::keys_of(const ConnectionId& connection) const {
    std::vector<TokenKey> found;
    const auto prefix = connection.text + "/";
    for (auto at = held_.lower_bound(prefix); at != held_.end() && at->first.starts_with(prefix); ++at) {
        if (at->second.key) found.push_back(*at->second.key);
    }
    return found;
}

std::vector<TokenKey> UpstreamTokens::keys() const {
    std::vector<TokenKey> found;
    for (const auto& [text, held] : held_) {
        if (held.key) found.push_back(*held.key);
    }
    return found;
}

bool UpstreamTokens::may_force(const std::string& key, const Clock& clock) {
    std::erase_if(forced_, [&](const auto& entry) { return entry.second.passed(clock); });
    return forced_.try_emplace(key, Deadline::after(clock, 60s)).second;
}

std::chrono::seconds UpstreamTokens::force_pause(const std::string& key, const Clock& clock) const {
    const auto at = forced_.find(key);
    return at == forced_.end() ? 0s : at->second.left(clock);
}

std::optional<std::chrono::seconds> UpstreamTokens::too_many_keys(const TokenKey& key, const Clock& clock) {
    if (key.scopes.empty()) return std::nullopt;
    const auto now = clock.boot_time();
    auto& asked = asked_[key.connection.text];
    std::erase_if(asked, [&](const auto& entry) { return entry.second <= now; });
    if (asked.size() >= keys_per_connection && !asked.contains(key.scopes)) {
        const auto first = std::ranges::min_element(asked, {}, [](const auto& entry) { return entry.second; })->second;
        return std::chrono::ceil<std::chrono::seconds>(first - now);
    }
    asked[key.scopes] = now + key_counts_for;
    return std::nullopt;
}

bool UpstreamTokens::is_loaded(const ConnectionId& connection) const {
    return all_loaded_ || loaded_.contains(connection.text);
}

void UpstreamTokens::all_loaded() {
    all_loaded_ = true;
    loaded_.clear();
}

}  // namespace jeton::vault
