#include "daemon/vault/services/endpoints.hpp"

#include <algorithm>
#include <utility>

#include <boost/url/parse.hpp>
#include <fmt/format.h>
#include <sodium/randombytes.h>

#include "daemon/vault/services/upstream_answer.hpp"

namespace jeton::vault {
namespace {

using namespace std::chrono_literals;

constexpr int cooling_least = 2;            ///< seconds
constexpr int cooling_limit = 60;           ///< seconds, where the endpoint does not ask for more
constexpr int cooling_when_throttled = 16;  ///< likewise, at least: it was asked too often and did not say for how long
constexpr double allowed_least = 6;         ///< a minute, however often it says that it is asked too often
constexpr double halved_at_least = 60;      ///< a first refusal after few requests says little of how many are too many
constexpr std::size_t in_the_air_limit = 128;  ///< half of what the exchange holds: a hung endpoint leaves the rest
constexpr std::chrono::milliseconds look_again{250};

/// Half of it is certain, the other half is drawn: hosts that failed together do not come back together.
int jittered(int seconds) {
    const auto drawn = static_cast<int>(randombytes_uniform(static_cast<std::uint32_t>(seconds)));
    return std::max(cooling_least, seconds / 2 + drawn / 2 + 1);
}

std::deque<BootTime>::const_iterator first_after(const std::deque<BootTime>& sent, BootTime at) {
    return std::ranges::upper_bound(sent, at);
}

}  // namespace

std::string host_of_endpoint(std::string_view endpoint) {
    const auto url = boost::urls::parse_uri(endpoint);
    return url ? std::string{url->encoded_host()} : std::string{"the token endpoint"};
}

const Endpoints::Endpoint* Endpoints::find(const std::string& endpoint) const {
    const auto at = endpoints_.find(endpoint);
    return at == endpoints_.end() ? nullptr : &at->second;
}

int Endpoints::allowed(const Endpoint& endpoint) const {
    return endpoint.allowed ? std::min(budget_, static_cast<int>(*endpoint.allowed)) : budget_;
}

int Endpoints::budget(const std::string& endpoint) const {
    const auto* known = find(endpoint);
    return known == nullptr ? budget_ : allowed(*known);
}

BootTime Endpoints::Health::cooling_left(const Clock& clock) const {
    return cooling ? std::max(BootTime{0}, cooling->boot - clock.boot_time()) : BootTime{0};
}

std::chrono::milliseconds Endpoints::wait(const std::string& endpoint, Urgency urgency, std::size_t before,
                                          const Clock& clock) const {
    const auto* known = find(endpoint);
    if (known == nullptr) return 0ms;
    if (known->health.cools(clock))
        return std::chrono::ceil<std::chrono::milliseconds>(known->health.cooling_left(clock));
    if (known->health.failures > 0 && (known->probe || before > 0)) return look_again;
    if (known->in_the_air >= in_the_air_limit) return look_again;
    const auto now = clock.boot_time();
    const auto window = first_after(known->sent, now - 60s);
    const auto in_window = static_cast<std::size_t>(known->sent.end() - window);
    auto limit = static_cast<std::size_t>(allowed(*known));
    if (urgency == Urgency::ahead) limit -= limit / 5;
    limit = std::max(limit, 1UZ);
    // It goes a minute after the one that is `limit` places before it, in the queue or among those that were sent.
    const std::chrono::milliseconds turns = 60s * static_cast<std::int64_t>(before / limit);
    before %= limit;
    if (in_window + before < limit) return turns;
    const auto free_at = *(window + static_cast<std::ptrdiff_t>(in_window + before - limit)) + 60s;
    return turns + std::max(1ms, std::chrono::ceil<std::chrono::milliseconds>(free_at - now));
}

BootTime Endpoints::sent(const std::string& endpoint, const Clock& clock) {
    auto& known = endpoints_[endpoint];
    const auto now = clock.boot_time();
    known.sent.erase(known.sent.begin(), first_after(known.sent, now - 1h));
    known.sent.push_back(now);
    ++known.counts.sent;
    ++known.in_the_air;
    if (known.health.failures > 0) known.probe = now;
    return now;
}

void Endpoints::landed(const std::string& endpoint, BootTime sent_at) {
    auto& known = endpoints_[endpoint];
    if (known.in_the_air > 0) --known.in_the_air;
    if (known.probe && sent_at >= *known.probe) known.probe.reset();
}

void Endpoints::answered(const std::string& endpoint, std::string_view refusal, BootTime sent_at, const Clock& clock) {
    auto& known = endpoints_[endpoint];
    ++(refusal.empty() ? known.counts.granted : known.counts.refused);
    if (known.pause_asked_at && sent_at <= *known.pause_asked_at && known.health.cools(clock)) return;
    known.pause_asked_at.reset();
    known.health = {.last_error = std::string{refusal}, .failing_since = {}, .cooling = {}};
    known.last_answer = clock.boot_time();
    if (!known.allowed) return;
    *known.allowed += std::max(1.0, *known.allowed / 50);  // a minute at this pace doubles it
    if (*known.allowed >= budget_) known.allowed.reset();
}

bool Endpoints::failed(const std::string& endpoint, const Error& failure, bool throttled, BootTime sent_at,
                       const Clock& clock) {
    auto& known = endpoints_[endpoint];
    auto& health = known.health;
    ++known.counts.failed;
    health.last_error = failure.what;
    const bool asks_for_pause = throttled || failure.retry_after.value_or(0) > cooling_least;
    if (!asks_for_pause && known.last_answer && *known.last_answer > sent_at) return false;
    const auto now = clock.boot_time();
    const bool together = health.failures > 0 && sent_at < known.last_failure;
    const bool pauses = known.pause_asked_at && health.cools(clock);
    if (asks_for_pause) {
        known.pause_asked_at = now;
    } else if (!pauses) {
        known.pause_asked_at.reset();
    }
    if (!health.failing_since) health.failing_since = clock.now();
    if (!together) {
        ++health.failures;
        known.last_failure = now;
    }
    const int doubled = std::min(cooling_limit, 1 << std::min(health.failures - 1, 6));
    int seconds = jittered(throttled ? std::max(doubled, cooling_when_throttled) : doubled);
    if (asks_for_pause) seconds = std::max(seconds, failure.retry_after.value_or(0));
    const auto until = Deadline::after(clock, std::chrono::seconds{seconds});
    const bool goes_on = together || pauses;  // what is longer counts
    if (!goes_on || !health.cooling || health.cooling->boot < until.boot) health.cooling = until;
    if (throttled && !together) {
        const auto in_window = known.sent.end() - first_after(known.sent, now - 60s);
        const auto pace =
            std::min<double>(allowed(known), std::max<double>(halved_at_least, static_cast<double>(in_window)));
        known.allowed = std::max(allowed_least, pace / 2);
    }
    return true;
}

std::optional<Error> Endpoints::cooling(const std::string& endpoint, const Clock& clock) const {
    const auto* found = health(endpoint);
    if (found == nullptr || !found->cools(clock)) return std::nullopt;
    const auto left = std::chrono::ceil<std::chrono::seconds>(found->cooling_left(clock));
    return unavailable(fmt::format("{}; it has failed since {} and is asked again at {}", found->last_error,
                                   rfc3339(found->failing_since.value_or(clock.now())), rfc3339(clock.now() + left)),
                       left.count());
}

const Endpoints::Health* Endpoints::health(const std::string& endpoint) const {
    const auto* known = find(endpoint);
    return known == nullptr ? nullptr : &known->health;
}

Endpoints::Counts Endpoints::counts(const std::string& endpoint) const {
    const auto* known = find(endpoint);
    return known == nullptr ? Counts{} : known->counts;
}

std::size_t Endpoints::sent_last_hour(const std::string& endpoint, const Clock& clock) const {
    const auto* known = find(endpoint);
    if (known == nullptr) return 0;
    return static_cast<std::size_t>(known->sent.end() - first_after(known->sent, clock.boot_time() - 1h));
}

}  // namespace jeton::vault
