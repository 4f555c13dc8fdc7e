/// Token endpoints elsewhere, by URL, whichever environments use them: whether they answer, and how often they are
/// asked (P4, P17).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"

namespace jeton::vault {

/// In memory, one thread. Every request to an endpoint is told with `sent` and, when it has ended, with `landed`; what
/// its answer says of the endpoint with `answered` or `failed`.
class Endpoints {
public:
    struct Health {
        std::string last_error;                   ///< in words; empty while all is well
        std::optional<UtcSeconds> failing_since;  ///< of the endpoint itself; nothing while it answers
        std::optional<Deadline> cooling;          ///< no request before it has passed
        int failures = 0;                         ///< one after the other; what failed together counts once

        /// What is left of it, to the last part of a second, by the boot clock alone: nobody may come too early. 0:
        /// none.
        [[nodiscard]] BootTime cooling_left(const Clock& clock) const;
        [[nodiscard]] bool cools(const Clock& clock) const { return cooling_left(clock) > BootTime{0}; }
    };
    /// Since the vault started.
    struct Counts {
        std::int64_t sent = 0;
        std::int64_t granted = 0;
        std::int64_t refused = 0;  ///< the endpoint answered, but with no token
        std::int64_t failed = 0;   ///< no answer, or none of a token endpoint that is well
    };
    /// Whether somebody waits for the answer. What runs ahead of need leaves a fifth of the budget to those who wait.
    enum class Urgency { awaited, ahead };

    static constexpr int usual_budget = 1200;  ///< requests a minute: what 10,000 connections in use need

    /// `per_minute`: at least 1.
    void set_budget(int per_minute) { budget_ = per_minute; }

    /// How long a request has to wait before it may be sent, after `before` others that wait already; 0: not at all.
    /// While the endpoint is cooling, until then. After that one request tries it, and the others wait for its end.
    [[nodiscard]] std::chrono::milliseconds wait(const std::string& endpoint, Urgency urgency, std::size_t before,
                                                 const Clock& clock) const;
    /// Gives back when, by the boot clock: what `landed`, `answered` and `failed` are told.
    BootTime sent(const std::string& endpoint, const Clock& clock);
    /// A request that was sent at `sent_at` (boot time) has ended, however it did.
    void landed(const std::string& endpoint, BootTime sent_at);

    /// The endpoint works: it gave a token, or (`refusal`, in words) refused one client. A pause that it has asked for
    /// since `sent_at` goes on all the same.
    void answered(const std::string& endpoint, std::string_view refusal, BootTime sent_at, const Clock& clock);
    /// The endpoint's own trouble: it cools down, longer each time (at most a minute), at least for what it asked for
    /// in `Retry-After`. `throttled`: it said that it was asked too often; then it is asked half as often, until it has
    /// answered for a while. False: it has answered others since `sent_at` and asks for no pause, so that this says
    /// nothing of it.
    bool failed(const std::string& endpoint, const Error& failure, bool throttled, BootTime sent_at,
                const Clock& clock);

    /// While it is cooling: `temporarily_unavailable`, saying since when it fails and when it is asked again.
    [[nodiscard]] std::optional<Error> cooling(const std::string& endpoint, const Clock& clock) const;
    /// Nothing is known of an endpoint that was never asked: nullptr.
    [[nodiscard]] const Health* health(const std::string& endpoint) const;
    [[nodiscard]] Counts counts(const std::string& endpoint) const;
    [[nodiscard]] std::size_t sent_last_hour(const std::string& endpoint, const Clock& clock) const;
    /// Requests a minute that the endpoint is asked at most, as of now.
    [[nodiscard]] int budget(const std::string& endpoint) const;

private:
    struct Endpoint {
        Health health;
        Counts counts;
        std::deque<BootTime> sent;  ///< of the last hour, oldest first
        std::size_t in_the_air = 0;
        std::optional<BootTime> probe;  ///< when the request that tries a failed endpoint was sent
        std::optional<BootTime> last_answer;
        BootTime last_failure{};
        std::optional<BootTime> pause_asked_at;  ///< by the endpoint, with 429 or `Retry-After`: what it cools down for
        std::optional<double> allowed;           ///< a minute, where less than the budget
    };

    [[nodiscard]] const Endpoint* find(const std::string& endpoint) const;
    [[nodiscard]] int allowed(const Endpoint& endpoint) const;

    std::map<std::string, Endpoint> endpoints_;
    int budget_ = usual_budget;
};

/// The host of a URL, for people.
[[nodiscard]] std::string host_of_endpoint(std::string_view endpoint);

}  // namespace jeton::vault
