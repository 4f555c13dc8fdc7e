/// Requests to the upstream that are in the air or wait for their turn: one for each key, however many wait for it
/// (P1).
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
#include "daemon/vault/services/endpoints.hpp"
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
        /// It was never asked: this is said instead, nothing where it is not wanted any more. `answer` is empty.
        std::optional<Landing> instead = {};
    };
    /// Gets all that landed in one turn of the loop: their answers to be judged, their waiters to be run again.
    using OnLanding = std::function<void(std::vector<Landed> landed)>;
    /// Sends a frame to the exchange.
    using Send = std::function<void(std::string payload)>;

    /// `proxy`: as the configuration says; `endpoints` says when an endpoint may be asked, and is told what is asked.
    /// Both must live as long as this.
    Flights(const Clock& clock, const Config::Exchange& proxy, Endpoints& endpoints, OnLanding on_landing);

    /// Joins the flight of `need`, or starts it; it waits for its turn, the first to come first, but not where that
    /// is too far away: then it is refused, and told when. Without `waiter` it runs ahead of need: it goes at once or
    /// not at all.
    void join(ExchangeNeed need, std::optional<wire::Request> waiter);

    /// A new exchange: what waits for one is sent now.
    void connect(std::shared_ptr<FrameLink> link);
    void connect(Send send);
    /// All answers of one turn of the loop. Throws FrameFault where the exchange is broken; those before it count.
    void arrived(const std::deque<std::string>& payloads);
    /// The exchange ends when it has answered what is in the air: what comes waits for the next exchange.
    void hold() { send_ = {}; }
    /// The exchange ended: what was in the air fails at once, what comes waits for the next exchange.
    void lost();
    /// Fails what has waited too long, for the exchange or for an exchange, and sends those whose turn has come.
    void sweep();
    /// Nobody waits for an answer.
    [[nodiscard]] bool idle() const;
    /// Those that wait; nobody does any more.
    [[nodiscard]] std::vector<wire::Request> give_up();

private:
    struct Flight {
        std::string key;
        ExchangeNeed need;
        std::vector<wire::Request> waiters;
        BootTime deadline{};  ///< of the boot clock alone: a step of the wall clock ends no request
        std::optional<BootTime> sent_at;
    };

    [[nodiscard]] bool has_room() const;
    void send(std::uint64_t number, Flight& flight, const std::string& authorities);
    /// Programs ask again and again while a file cannot be used: the log has it once a minute.
    void tell_of(const std::string& ca_file, const Error& error);
    /// Sends those whose turn has come, of all endpoints. What is to be told instead goes to `landed`.
    void send_waiting(std::vector<Landed>& landed);
    void send_waiting(const std::string& endpoint, std::deque<std::uint64_t>& queue, std::vector<Landed>& landed);
    /// Moves it to `landed` where it is still in the air.
    void land(std::uint64_t number, ExchangeAnswer answer, std::vector<Landed>& landed);
    void land_unsent(std::uint64_t number, Landing landing, std::vector<Landed>& landed);
    void fail(const std::vector<std::uint64_t>& numbers, const std::string& why);
    /// Hands on what landed, then sends what waits; until nothing is left to be handed on.
    void hand_on(std::vector<Landed> landed);

    const Clock& clock_;
    const Config::Exchange& proxy_;
    Endpoints& endpoints_;
    OnLanding on_landing_;
    Send send_;
    std::map<std::uint64_t, Flight> flights_;
    std::map<std::string, std::uint64_t> numbers_;
    std::map<std::string, std::deque<std::uint64_t>> queues_;  ///< by endpoint: not sent yet; may name what is gone
    std::map<std::string, BootTime> told_;                     ///< by CA file: when the log had a word about it
    std::size_t in_the_air_ = 0;
    std::uint64_t next_number_ = 1;
};

}  // namespace jeton::vault
