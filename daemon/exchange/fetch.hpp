/// Token requests to HTTPS endpoints, many at once, on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "daemon/exchange/request.hpp"

namespace jeton::exchange {

inline constexpr std::size_t flights_max = 256;          ///< requests at once; one more is answered with a failure
inline constexpr std::size_t body_max = 64UZ * 1024;     ///< bytes of an answer's body
inline constexpr std::size_t headers_max = 32UZ * 1024;  ///< bytes of an answer's headers, interim answers included
inline constexpr std::chrono::milliseconds connect_max{5'000};

/// A descriptor the loop waits for beside the network.
struct Watched {
    int fd;              ///< -1: nothing is watched
    bool for_reading;    ///< wake when there is something to read
    bool for_writing;    ///< wake when it takes bytes
    bool ready = false;  ///< out: something can be read or written, or the other end is gone
};

/// One per process: it sets up libcurl, whose every buffer is overwritten when it is given back.
class Fetcher {
public:
    /// Takes the frame of one request's outcome; wipes nothing itself.
    using Deliver = std::function<void(std::string& frame)>;

    explicit Fetcher(Deliver deliver);
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;
    ~Fetcher();

    /// Starts a request; its outcome is delivered by a later `advance` (or now, where it cannot be started).
    void start(std::int64_t id, TokenRequest request);

    /// Moves all requests on as far as the network lets them, and delivers what is complete. Never waits.
    void advance();

    /// Whether no request is in flight.
    [[nodiscard]] bool idle() const;

    /// Waits for the network or for `watched`.
    void wait(std::span<Watched> watched);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace jeton::exchange
