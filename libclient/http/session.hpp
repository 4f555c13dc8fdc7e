/// One attested session with a daemon: requests one after the other, as long as the daemon keeps it open.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "libclient/http/error.hpp"
#include "libclient/http/response.hpp"
#include "libclient/http/unique_handle.hpp"
#include "libclient/http/unix_http.hpp"

namespace jeton::client {

/// What is answered when a deadline has passed.
[[nodiscard]] std::unexpected<Error> too_late();

/// The daemon cannot be sure yet who is asking: another session, a moment later, will tell.
[[nodiscard]] bool asks_to_connect_again(const Response& response);
inline constexpr int sessions_max = 4;   ///< for one request; then the daemon's answer stands
inline constexpr int reconnect_ms = 20;  ///< before the next: twice the grain of the times at which processes start

/// Movable, not thread-safe. Holds one file descriptor, closed on exec.
class Session {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    /// What the request says of the time after its answer.
    enum class After { close, keep };

    /// Attests `directory` as `self`, connects to the socket `name` in it, attests who serves it (server_check.hpp).
    /// Nothing has been sent when it returns.
    [[nodiscard]] static Result<Session> open(const std::string& directory, std::string_view name, Deadline deadline,
                                              uid_t self);

    /// Sends `request` and waits for the whole answer. A failure is the end of the session.
    [[nodiscard]] Result<Response> ask(const Request& request, After after, Deadline deadline);

    /// Another request may be sent: the last answer is whole and the daemon did not say that it closes.
    [[nodiscard]] bool kept() const noexcept { return kept_; }
    /// Nothing has come since the last answer, a hang-up included. One system call.
    [[nodiscard]] bool quiet() const noexcept;
    /// Not a byte came back for the last request: a daemon that had closed a kept session never saw it.
    [[nodiscard]] bool unanswered() const noexcept { return !answered_; }
    /// Who serves it, as the kernel says.
    [[nodiscard]] uid_t server() const noexcept { return server_; }

private:
    Session(UniqueHandle socket, uid_t server) : socket_(std::move(socket)), server_(server) {}

    UniqueHandle socket_;
    uid_t server_;
    bool kept_ = false;
    bool answered_ = false;
};

}  // namespace jeton::client
