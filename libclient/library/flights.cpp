#include "libclient/library/flights.hpp"

#include <string.h>

namespace jeton::library {

std::unexpected<Problem> deadline_passed() {
    return refuse(JETON_E_TIMEOUT, "the deadline passed before there was a token",
                  "give it more time, or see how the daemon is: jeton status");
}

/// Counts itself in and out of a lane; the last one clears it away. Made and ended with the mutex held.
class Flights::Caller {
public:
    Caller(Flights& flights, const std::string& key)
        : flights_(flights), entry_(flights.lanes_.try_emplace(key).first) {
        ++lane().callers;
    }
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;
    ~Caller() {
        if (--lane().callers != 0) return;
        auto gone = flights_.lanes_.extract(entry_);
        ::explicit_bzero(gone.key().data(), gone.key().size());  // it may name a rejected token
    }
    [[nodiscard]] Lane& lane() const noexcept { return entry_->second; }

private:
    Flights& flights_;
    std::unordered_map<std::string, Lane>::iterator entry_;
};

Flights::Outcome Flights::get(const std::string& key, Deadline deadline, const std::function<TokenRef()>& find,
                              const std::function<Outcome()>& fetch) {
    std::unique_lock lock{mutex_};
    const Caller caller{*this, key};
    auto& lane = caller.lane();
    const auto first_of_ours = lane.begun + 1;
    for (;;) {
        if (lane.outcome && lane.landed >= first_of_ours) return *lane.outcome;
        if (auto found = find()) return found;
        if (std::chrono::steady_clock::now() >= deadline) return deadline_passed();
        if (!lane.flying) break;
        (void)landed_.wait_until(lock, deadline);
    }
    lane.flying = true;
    const auto number = ++lane.begun;
    lock.unlock();
    std::optional<Outcome> outcome;
    try {
        outcome = fetch();
    } catch (...) {  // no memory: the next caller tries for itself
        lock.lock();
        lane.flying = false;
        landed_.notify_all();
        throw;
    }
    lock.lock();
    lane.flying = false;
    if (*outcome || outcome->error().code != JETON_E_TIMEOUT) {
        lane.landed = number;
        lane.outcome = outcome;
    }
    landed_.notify_all();
    return std::move(*outcome);
}

}  // namespace jeton::library
