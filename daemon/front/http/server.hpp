/// Accepts connections, counts sessions, and ends those that take too long. Everything runs on the one I/O thread.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>

#include "daemon/base/clock.hpp"
#include "daemon/base/unique_fd.hpp"
#include "daemon/front/http/limits.hpp"
#include "daemon/front/http/responder.hpp"
#include "daemon/front/http/task.hpp"
#include "daemon/front/peer/pidfd.hpp"

namespace jeton::front {

class Session;
class Watch;

/// Who is being served. Outlives the server where sessions do.
class SessionBook {
public:
    explicit SessionBook(const Limits& limits) : limits_(limits) {}
    /// False where this caller, all strangers, or all callers together, have as many sessions as they may.
    [[nodiscard]] bool enter(Session& session, std::uint64_t caller, bool stranger);
    /// As it entered.
    void leave(Session& session, std::uint64_t caller, bool stranger);
    [[nodiscard]] const std::unordered_set<Session*>& sessions() const { return sessions_; }

private:
    Limits limits_;
    std::unordered_set<Session*> sessions_;
    std::unordered_map<std::uint64_t, std::size_t> per_caller_;
    std::size_t strangers_ = 0;
};

class Server {
public:
    Server(asio::io_context& context, Limits limits);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// Accepts on a listening Unix stream socket until `stop()`.
    void listen(UniqueFd listener, ResponderFactory factory);
    /// Serves one connected Unix stream socket; `connected_after` is as in `Arrival`.
    void serve(UniqueFd connection, const ResponderFactory& factory, BootTime connected_after = BootTime::min());
    /// Closes the listeners and idle sessions; requests that have begun, or lie in a session unread, are still
    /// answered, with `Connection: close`. So is the first request of a session that has just come.
    void stop();
    /// After `stop`: sessions that have come and asked nothing end, too.
    void end_newcomers();

    [[nodiscard]] bool stopping() const { return stopping_; }
    [[nodiscard]] std::size_t sessions() const { return book_->sessions().size(); }

private:
    friend class Session;
    using Acceptor = asio::basic_socket_acceptor<asio::local::stream_protocol, Executor>;

    /// A listening socket, and when it was last seen that nobody waited on it.
    struct Door {
        explicit Door(asio::io_context& context) : acceptor(context) {}

        void look();

        Acceptor acceptor;
        /// Whether a caller is known by when it came, as a kernel does not name it (attest.hpp).
        const bool times_matter = !kernel_names_peers();
        BootTime nobody_waited = BootTime::min();
    };

    Task<void> accept_from(std::shared_ptr<Door> door, ResponderFactory factory);
    Task<void> sweep();

    asio::io_context& context_;
    Limits limits_;
    std::shared_ptr<SessionBook> book_;
    std::shared_ptr<Watch> watch_;
    std::vector<std::weak_ptr<Door>> doors_;
    Timer sweep_timer_;
    std::uint64_t sweeps_ = 0;  ///< one a second; deadlines are told in them, so that no request has to read a clock
    bool stopping_ = false;
};

}  // namespace jeton::front
