/// Sessions with the daemon that stay open between requests, and which daemon that is.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "libclient/http/session.hpp"
#include "libclient/http/unix_http.hpp"

namespace jeton::library {

/// Thread-safe: each request has a session to itself.
class Sessions {
public:
    using Deadline = client::Session::Deadline;

    static constexpr std::size_t idle_limit = 4;              ///< sessions that wait for the next request
    static constexpr std::chrono::seconds idle_patience{45};  ///< the daemon closes after 60

    /// `directories`: where the daemon may be, the first that answers is meant from then on.
    explicit Sessions(std::vector<std::string> directories) : directories_(std::move(directories)) {}

    struct Answered {
        client::Response response;
        std::string directory;  ///< of the daemon that answered
    };
    /// One request and its answer, over a session that is attested as `self`. A session that the daemon had closed
    /// before it saw the request is replaced, once.
    [[nodiscard]] client::Result<Answered> ask(const client::Request& request, Deadline deadline, uid_t self);

    /// Closes those that wait; who is at one closes it afterwards.
    void clear() noexcept;
    /// As `clear`, if nobody is at it.
    [[nodiscard]] bool try_clear() noexcept;

private:
    struct Idle {
        client::Session session;
        std::string directory;
        std::chrono::steady_clock::time_point since;
    };
    struct Opened {
        client::Session session;
        std::string directory;
        std::size_t generation;
        bool fresh;
    };

    std::optional<Opened> take_idle();
    client::Result<Opened> open(Deadline deadline, uid_t self);
    void put_back(Opened opened);

    std::mutex mutex_;
    std::vector<std::string> directories_;
    std::vector<Idle> idle_;
    std::size_t generation_ = 0;  ///< grows with every `clear`
};

}  // namespace jeton::library
