#include "daemon/vault/flights.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/frames.hpp"
#include "daemon/base/log.hpp"
#include "daemon/vault/services/authorities.hpp"

namespace jeton::vault {
namespace {

/// Above the exchange's own limit for one request: what it cannot answer itself is given up here.
constexpr std::chrono::seconds flight_limit{13};

/// Below what a program waits for its answer: a turn that comes later is told as a time instead.
constexpr std::chrono::seconds longest_turn{8};

constexpr std::size_t in_the_air_limit = 240;  ///< the exchange itself takes 256

constexpr std::chrono::minutes word_pause{1};  ///< between two words in the log about one file

Error too_many(const std::string& endpoint, int budget, std::chrono::milliseconds wait) {
    return unavailable(fmt::format("{} is asked for at most {} tokens a minute, and many wait for their turn already",
                                   host_of_endpoint(endpoint), budget),
                       std::chrono::ceil<std::chrono::seconds>(wait).count());
}

/// The exchange may open no file that is named to it. A file that cannot be used is this host's own trouble: the
/// endpoint is not asked, and is not to blame.
Result<std::string> authorities_for(const ExchangeRequest& request) {
    auto authorities = authorities_of(request.environment, request.ca_file);
    if (authorities) return authorities;
    auto error = unavailable(fmt::format("{} is not asked, because its CA file is of no use: {}",
                                         host_of_endpoint(request.endpoint), authorities.error().what),
                             {});
    error.next = authorities.error().next;
    return error;
}

}  // namespace

Flights::Flights(const Clock& clock, const Config::Exchange& proxy, Endpoints& endpoints, OnLanding on_landing)
    : clock_(clock), proxy_(proxy), endpoints_(endpoints), on_landing_(std::move(on_landing)) {}

bool Flights::has_room() const { return send_ && in_the_air_ < in_the_air_limit; }

void Flights::join(ExchangeNeed need, std::optional<wire::Request> waiter) {
    if (const auto known = numbers_.find(need.flight); known != numbers_.end()) {
        if (waiter) flights_.at(known->second).waiters.push_back(*std::move(waiter));
        return;
    }
    const auto endpoint = need.request.endpoint;
    auto& queue = queues_[endpoint];
    using Urgency = Endpoints::Urgency;
    const auto wait = endpoints_.wait(endpoint, waiter ? Urgency::awaited : Urgency::ahead, queue.size(), clock_);
    if (!waiter && (wait.count() > 0 || !queue.empty() || !has_room())) return;
    const auto number = next_number_++;
    auto& flight = flights_[number];
    flight.key = need.flight;
    flight.need = std::move(need);
    flight.deadline = clock_.boot_time() + flight_limit;
    numbers_.emplace(flight.key, number);
    if (waiter) flight.waiters.push_back(*std::move(waiter));
    std::vector<Landed> landed;
    if (wait > longest_turn) {
        const auto later = too_many(endpoint, endpoints_.budget(endpoint), wait);
        land_unsent(number, {endpoints_.cooling(endpoint, clock_).value_or(later), flight.key}, landed);
    } else {
        queue.push_back(number);
        send_waiting(endpoint, queue, landed);
    }
    if (!landed.empty()) hand_on(std::move(landed));
}

void Flights::connect(std::shared_ptr<FrameLink> link) {
    connect([link = std::move(link)](std::string payload) { link->send(std::move(payload)); });
}

void Flights::connect(Send send) {
    send_ = std::move(send);
    hand_on({});
}

void Flights::send(std::uint64_t number, Flight& flight, const std::string& authorities) {
    send_(wire::exchange_request(number, flight.need.request, authorities, proxy_));
    flight.need.request.client_secret = {};
    flight.sent_at = endpoints_.sent(flight.need.request.endpoint, clock_);
    flight.deadline = *flight.sent_at + flight_limit;  // what comes too late for who waited is kept for the next one
    ++in_the_air_;
}

void Flights::send_waiting(std::vector<Landed>& landed) {
    for (auto& [endpoint, queue] : queues_) send_waiting(endpoint, queue, landed);
    std::erase_if(queues_, [](const auto& entry) { return entry.second.empty(); });
}

void Flights::send_waiting(const std::string& endpoint, std::deque<std::uint64_t>& queue, std::vector<Landed>& landed) {
    while (!queue.empty()) {
        const auto number = queue.front();
        const auto at = flights_.find(number);
        if (at == flights_.end()) {
            queue.pop_front();
            continue;
        }
        auto& flight = at->second;
        if (flight.need.is_wanted && !flight.need.is_wanted()) {
            queue.pop_front();
            land_unsent(number, {.failure = {}, .flight = flight.key, .outdated = true}, landed);
        } else if (auto cooling = endpoints_.cooling(endpoint, clock_)) {
            queue.pop_front();
            land_unsent(number, {std::move(cooling), flight.key}, landed);
        } else if (has_room() && endpoints_.wait(endpoint, Endpoints::Urgency::awaited, 0, clock_).count() == 0) {
            queue.pop_front();
            const auto authorities = authorities_for(flight.need.request);
            if (authorities) {
                send(number, flight, *authorities);
            } else {
                tell_of(flight.need.request.ca_file, authorities.error());
                land_unsent(number, {authorities.error(), flight.key}, landed);
            }
        } else {
            return;
        }
    }
}

void Flights::tell_of(const std::string& ca_file, const Error& error) {
    const auto now = clock_.boot_time();
    if (const auto told = told_.find(ca_file); told != told_.end() && now - told->second < word_pause) return;
    told_[ca_file] = now;
    log::warning("{}; {}", error.what, error.next);
}

void Flights::arrived(const std::deque<std::string>& payloads) {
    std::vector<Landed> landed;
    std::exception_ptr broken;
    for (const auto& payload : payloads) {
        try {
            auto numbered = wire::read_exchange_answer(payload);
            land(numbered.id, std::move(numbered.answer), landed);
        } catch (const FrameFault&) {
            broken = std::current_exception();
            break;
        }
    }
    hand_on(std::move(landed));
    if (broken) std::rethrow_exception(broken);
}

void Flights::land(std::uint64_t number, ExchangeAnswer answer, std::vector<Landed>& landed) {
    auto node = flights_.extract(number);
    if (node.empty()) return;
    auto& flight = node.mapped();
    numbers_.erase(flight.key);
    if (flight.sent_at) {
        --in_the_air_;
        answer.asked_at = *flight.sent_at;
        endpoints_.landed(flight.need.request.endpoint, *flight.sent_at);
    }
    landed.push_back({std::move(flight.need), std::move(answer), std::move(flight.waiters)});
}

void Flights::land_unsent(std::uint64_t number, Landing landing, std::vector<Landed>& landed) {
    land(number, {}, landed);
    landed.back().instead = std::move(landing);
}

void Flights::hand_on(std::vector<Landed> landed) {
    if (!landed.empty()) on_landing_(std::move(landed));
    std::vector<Landed> more;
    send_waiting(more);
    // What was refused in the queue cannot make others be refused without end: each goes out of it.
    if (!more.empty()) hand_on(std::move(more));
}

void Flights::fail(const std::vector<std::uint64_t>& numbers, const std::string& why) {
    std::vector<Landed> landed;
    for (const auto number : numbers) {
        ExchangeAnswer answer;
        answer.failure = why;
        answer.our_own_fault = true;
        answer.retry_after = 1;
        land(number, std::move(answer), landed);
    }
    hand_on(std::move(landed));
}

void Flights::lost() {
    send_ = {};
    std::vector<std::uint64_t> in_the_air;
    for (const auto& [number, flight] : flights_) {
        if (flight.sent_at) in_the_air.push_back(number);
    }
    fail(in_the_air, "the exchange ended while it asked; it is being started again");
}

bool Flights::idle() const {
    return std::ranges::all_of(flights_, [](const auto& entry) { return entry.second.waiters.empty(); });
}

std::vector<wire::Request> Flights::give_up() {
    std::vector<wire::Request> waiters;
    for (auto& [number, flight] : flights_) {
        std::ranges::move(flight.waiters, std::back_inserter(waiters));
        flight.waiters.clear();
    }
    return waiters;
}

void Flights::sweep() {
    const auto now = clock_.boot_time();
    std::vector<std::uint64_t> unsent;
    std::vector<std::uint64_t> unanswered;
    for (const auto& [number, flight] : flights_) {
        if (flight.deadline <= now) (flight.sent_at ? unanswered : unsent).push_back(number);
    }
    if (!unanswered.empty()) fail(unanswered, "the exchange gave no answer in time");
    fail(unsent, send_ ? "many token requests wait for their turn" : "the exchange is being started again");
}

}  // namespace jeton::vault
