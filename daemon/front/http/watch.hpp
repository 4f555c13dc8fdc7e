/// Waits until sockets of sessions can be read or written. Asio, which waits for all else, tries each read before it
/// waits for it: for a session that has just been answered, a system call in vain.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <sys/epoll.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "daemon/base/unique_fd.hpp"
#include "daemon/front/http/task.hpp"

namespace jeton::front {

class WatchedSocket;

/// The sockets that are waited for: to Asio they are one descriptor.
class Watch {
public:
    explicit Watch(asio::io_context& context);
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() = default;

    /// Tells those who wait, until `stop()`.
    static Task<void> run(std::shared_ptr<Watch> watch);
    void stop();

private:
    friend class WatchedSocket;

    void tell();
    void forget(const WatchedSocket& socket);

    asio::posix::basic_stream_descriptor<Executor> set_;
    std::array<epoll_event, 128> told_;  ///< in one turn; then whatever else there is gets its turn
    std::size_t next_ = 0, count_ = 0;   ///< of those that are still to be told
};

/// A connected socket that nobody else holds: to close it is to take it out of the set. One wait at a time.
class WatchedSocket {
public:
    WatchedSocket(std::shared_ptr<Watch> watch, UniqueFd socket);
    WatchedSocket(const WatchedSocket&) = delete;
    WatchedSocket& operator=(const WatchedSocket&) = delete;
    ~WatchedSocket();

    [[nodiscard]] int get() const { return socket_.get(); }
    /// Until there is something to read, be it the end; or until `wake()`.
    [[nodiscard]] Task<void> readable() { return wait_for(EPOLLIN); }
    /// Until some bytes can be written or nobody is left to read them; or until `wake()`.
    [[nodiscard]] Task<void> writable() { return wait_for(EPOLLOUT); }
    /// Ends a wait, if there is one, in a later turn.
    void wake();
    /// Whoever waits will not be told any more: it ends where it is.
    void abandon() { waiter_.reset(); }

private:
    friend class Watch;
    using Waiter = asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;

    [[nodiscard]] Task<void> wait_for(std::uint32_t events);
    void ask_for(std::uint32_t events);
    void tell();

    std::shared_ptr<Watch> watch_;
    UniqueFd socket_;
    std::uint32_t asked_ = 0;  ///< 0: not in the set
    std::optional<Waiter> waiter_;
};

}  // namespace jeton::front
