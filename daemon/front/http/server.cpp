#include "daemon/front/http/server.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include "daemon/base/log.hpp"
#include "daemon/front/http/session.hpp"

namespace jeton::front {
namespace {

/// Without a pause, a process out of descriptors would spin on accept (396,988 errors in 2 s were seen).
constexpr std::chrono::milliseconds back_off{100};
constexpr int accepts_per_turn = 64;  ///< then the sessions get their turn

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS; }

/// The kernel's time: it is compared with what the kernel says of processes.
BootTime kernel_time() { return SystemClock{}.boot_time(); }

/// A fault that no session caught must not end the daemon.
void report(const std::exception_ptr& fault) {
    if (!fault) return;
    try {
        std::rethrow_exception(fault);
    } catch (const std::exception& known) {
        log::error("a session failed: {}", known.what());
    }
}

}  // namespace

void Server::Door::look() {
    if (!times_matter || !acceptor.is_open()) return;
    const auto asked_at = kernel_time();
    pollfd asked{.fd = acceptor.native_handle(), .events = POLLIN, .revents = 0};
    if (::poll(&asked, 1, 0) == 0) nobody_waited = asked_at;
}

Server::Server(asio::io_context& context, Limits limits)
    : context_(context),
      limits_(limits),
      book_(std::make_shared<SessionBook>(limits)),
      watch_(std::make_shared<Watch>(context)),
      sweep_timer_(context) {
    asio::co_spawn(context_.get_executor(), sweep(), end_daemon);
    asio::co_spawn(context_.get_executor(), Watch::run(watch_), end_daemon);
}

Server::~Server() {
    for (auto* session : book_->sessions()) session->abandon();
}

void Server::listen(UniqueFd listener, ResponderFactory factory) {
    auto door = std::make_shared<Door>(context_);
    door->acceptor.assign(asio::local::stream_protocol{}, listener.release());
    door->acceptor.native_non_blocking(true);
    door->look();
    doors_.emplace_back(door);
    asio::co_spawn(context_.get_executor(), accept_from(std::move(door), std::move(factory)), end_daemon);
}

Task<void> Server::accept_from(std::shared_ptr<Door> door, ResponderFactory factory) {
    auto& acceptor = door->acceptor;
    Timer pause{context_};
    boost::system::error_code ec;
    while (!stopping_) {
        co_await acceptor.async_wait(Acceptor::wait_read, asio::redirect_error(use_task, ec));
        if (ec || stopping_) break;
        for (int i = 0; i < accepts_per_turn; ++i) {
            const auto asked_at = kernel_time();
            UniqueFd connection{::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
            if (connection) {
                serve(std::move(connection), factory, door->nobody_waited);
                if (door->times_matter) continue;
                break;  // who else waits is waited for: that costs less than to be told that nobody does
            }
            const int error = errno;
            if (error == ECONNABORTED || error == EINTR) continue;
            if (error == EAGAIN || error == EWOULDBLOCK) {
                door->nobody_waited = asked_at;
                break;
            }
            log::warning("cannot accept a connection: {}", std::strerror(error));
            if (!is_shortage(error)) break;
            pause.expires_after(back_off);
            co_await pause.async_wait(asio::redirect_error(use_task, ec));
            break;
        }
    }
}

void Server::serve(UniqueFd connection, const ResponderFactory& factory, BootTime connected_after) try {
    auto responder = factory({.socket = connection.get(), .connected_after = connected_after});
    auto session = std::make_shared<Session>(*this, std::move(connection), std::move(responder));
    asio::co_spawn(context_.get_executor(), Session::run(std::move(session)), report);
} catch (const std::exception&) {
    report(std::current_exception());
}

void Server::stop() {
    stopping_ = true;
    boost::system::error_code ignored;
    for (const auto& weak : doors_) {
        if (const auto door = weak.lock()) door->acceptor.close(ignored);
    }
    for (auto* session : book_->sessions()) {
        if (!session->is_newcomer()) session->end_if_idle();
    }
}

void Server::end_newcomers() {
    for (auto* session : book_->sessions()) session->end_if_idle();
}

Task<void> Server::sweep() {
    boost::system::error_code ec;
    for (;;) {
        sweep_timer_.expires_after(std::chrono::seconds{1});
        co_await sweep_timer_.async_wait(asio::redirect_error(use_task, ec));
        if (stopping_ && sessions() == 0) co_return watch_->stop();
        for (const auto& weak : doors_) {
            if (const auto door = weak.lock()) door->look();
        }
        ++sweeps_;
        for (auto* session : book_->sessions()) session->check_deadline();
    }
}

bool SessionBook::enter(Session& session, std::uint64_t caller, bool stranger) {
    if (sessions_.size() >= limits_.sessions) return false;
    if (stranger && strangers_ >= std::max<std::size_t>(1, limits_.sessions / limits_.strangers_share)) return false;
    auto& count = per_caller_[caller];
    if (count >= limits_.sessions_per_caller) return false;
    ++count;
    if (stranger) ++strangers_;
    sessions_.insert(&session);
    return true;
}

void SessionBook::leave(Session& session, std::uint64_t caller, bool stranger) {
    sessions_.erase(&session);
    if (stranger) --strangers_;
    const auto found = per_caller_.find(caller);
    if (found != per_caller_.end() && --found->second == 0) per_caller_.erase(found);
}

}  // namespace jeton::front
