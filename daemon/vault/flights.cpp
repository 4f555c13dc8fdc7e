#include "daemon/vault/flights.hpp"

#include <exception>
#include <utility>

#include "daemon/base/files.hpp"
#include "daemon/base/frames.hpp"

namespace jeton::vault {
namespace {

/// Above the exchange's own limit for one request: what it cannot answer itself is given up here.
constexpr std::chrono::seconds flight_limit{13};

/// Read anew for each request, so that a renewed file counts. The exchange may open no file that is named to it.
Result<std::string> authorities_for(const ExchangeRequest& request) {
    if (request.ca_file.empty()) return std::string{};
    return read_certificates(request.ca_file);
}

}  // namespace

Flights::Flights(const Clock& clock, const Config::Exchange& proxy, OnLanding on_landing)
    : clock_(clock), proxy_(proxy), on_landing_(std::move(on_landing)) {}

void Flights::join(ExchangeNeed need, std::optional<wire::Request> waiter) {
    auto [at, is_new] = numbers_.try_emplace(need.flight, next_number_);
    if (is_new) {
        auto& flight = flights_[next_number_];
        flight.key = need.flight;
        flight.need = std::move(need);
        flight.deadline = clock_.boot_time() + flight_limit;
        send(next_number_++, flight);
    }
    if (waiter) flights_.at(at->second).waiters.push_back(*std::move(waiter));
}

void Flights::connect(std::shared_ptr<FrameLink> link) {
    link_ = std::move(link);
    for (auto& [number, flight] : flights_) send(number, flight);
}

void Flights::send(std::uint64_t number, Flight& flight) {
    if (!link_ || flight.sent) return;
    link_->send(wire::exchange_request(number, flight.need.request, authorities_for(flight.need.request), proxy_));
    flight.need.request.client_secret = {};
    flight.sent = true;
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
    on_landing_(std::move(landed));
    if (broken) std::rethrow_exception(broken);
}

void Flights::land(std::uint64_t number, ExchangeAnswer answer, std::vector<Landed>& landed) {
    auto node = flights_.extract(number);
    if (node.empty()) return;
    auto& flight = node.mapped();
    numbers_.erase(flight.key);
    landed.push_back({std::move(flight.need), std::move(answer), std::move(flight.waiters)});
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
    if (!landed.empty()) on_landing_(std::move(landed));
}

void Flights::lost() {
    link_.reset();
    std::vector<std::uint64_t> in_the_air;
    for (const auto& [number, flight] : flights_) {
        if (flight.sent) in_the_air.push_back(number);
    }
    fail(in_the_air, "the exchange ended while it asked; it is being started again");
}

void Flights::sweep() {
    const auto now = clock_.boot_time();
    std::vector<std::uint64_t> late;
    for (const auto& [number, flight] : flights_) {
        if (flight.deadline <= now) late.push_back(number);
    }
    fail(late, "the exchange gave no answer in time");
}

}  // namespace jeton::vault
