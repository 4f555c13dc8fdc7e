/// Requests to the upstream that are in the air: one for each key, however many wait for it (P1).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/vault/frame_link.hpp"
#include "daemon/vault/verbs/verb.hpp"
#include "daemon/vault/wire.hpp"

namespace jeton::vault {

class Flights {
public:
    /// A question with its answer, and who waits for it.
    struct Landed {
        ExchangeNeed need;
        ExchangeAnswer answer;
        std::vector<wire::Request> waiters;
    };
    /// Gets all that landed in one turn of the loop: their answers to be judged, their waiters to be run again.
    using OnLanding = std::function<void(std::vector<Landed> landed)>;

    /// `proxy`: as the configuration says; it must live as long as this.
    Flights(const Clock& clock, const Config::Exchange& proxy, OnLanding on_landing);

    /// Joins the flight of `need`, or starts it. Without `waiter` it runs ahead of need and nobody waits.
    void join(ExchangeNeed need, std::optional<wire::Request> waiter);

    /// A new exchange: what waits for one is sent now.
    void connect(std::shared_ptr<FrameLink> link);
    /// All answers of one turn of the loop. Throws FrameFault where the exchange is broken; those before it count.
    void arrived(const std::deque<std::string>& payloads);
    /// The exchange ended: what was in the air fails at once, what comes waits for the next exchange.
    void lost();
    /// Fails what has waited too long, for the exchange or for an exchange.
    void sweep();

private:
    struct Flight {
        std::string key;
        ExchangeNeed need;
        std::vector<wire::Request> waiters;
        BootTime deadline{};  ///< of the boot clock alone: a step of the wall clock ends no request
        bool sent = false;
    };

    void send(std::uint64_t number, Flight& flight);
    /// Moves it to `landed` where it is still in the air.
    void land(std::uint64_t number, ExchangeAnswer answer, std::vector<Landed>& landed);
    void fail(const std::vector<std::uint64_t>& numbers, const std::string& why);

    const Clock& clock_;
    const Config::Exchange& proxy_;
    OnLanding on_landing_;
    std::shared_ptr<FrameLink> link_;
    std::map<std::uint64_t, Flight> flights_;
    std::map<std::string, std::uint64_t> numbers_;
    std::uint64_t next_number_ = 1;
};

}  // namespace jeton::vault
