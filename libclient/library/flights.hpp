/// Callers that ask for the same thing at the same time share one request.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "libclient/library/problem.hpp"
#include "libclient/library/token.hpp"

namespace jeton::library {

/// Thread-safe. A caller never gets the outcome of a request that was sent before it asked, unless the epoch page says
/// that the outcome still holds: who was paused or allowed in between would not notice.
class Flights {
public:
    using Outcome = Result<TokenRef>;
    using Deadline = std::chrono::steady_clock::time_point;

    /// The outcome for `key`: of `find`, if it gives one whenever another's request has landed; else of a request that
    /// began after the call, made by `fetch` here or shared with another caller; else, at `deadline`, too late.
    /// A request that only ran out of its own caller's time is not shared.
    [[nodiscard]] Outcome get(const std::string& key, Deadline deadline, const std::function<TokenRef()>& find,
                              const std::function<Outcome()>& fetch);

private:
    /// All who wait for one key, and its requests by their numbers.
    struct Lane {
        std::uint64_t begun = 0;
        bool flying = false;
        std::uint64_t landed = 0;  ///< whose outcome this is
        std::optional<Outcome> outcome;
        std::uint64_t callers = 0;
    };
    class Caller;

    std::mutex mutex_;
    std::condition_variable landed_;
    std::unordered_map<std::string, Lane> lanes_;
};

[[nodiscard]] std::unexpected<Problem> deadline_passed();

}  // namespace jeton::library
