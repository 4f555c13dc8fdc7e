#include "daemon/front/http/watch.hpp"

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace jeton::front {

Watch::Watch(asio::io_context& context) : set_(context) {
    UniqueFd set{::epoll_create1(EPOLL_CLOEXEC)};
    if (!set) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    set_.assign(set.get());
    (void)set.release();
}

Task<void> Watch::run(std::shared_ptr<Watch> watch) {
    boost::system::error_code ec;
    for (;;) {
        co_await watch->set_.async_wait(asio::posix::descriptor_base::wait_read, asio::redirect_error(use_task, ec));
        if (ec) co_return;
        watch->tell();
    }
}

void Watch::stop() {
    boost::system::error_code ignored;
    set_.cancel(ignored);
}

void Watch::tell() {
    const int count = ::epoll_wait(set_.native_handle(), told_.data(), static_cast<int>(told_.size()), 0);
    count_ = static_cast<std::size_t>(std::max(count, 0));
    for (next_ = 0; next_ < count_;) {
        if (auto* socket = static_cast<WatchedSocket*>(told_.at(next_++).data.ptr)) socket->tell();
    }
}

void Watch::forget(const WatchedSocket& socket) {
    for (auto& told : std::span{told_}.first(count_).subspan(std::min(next_, count_))) {
        if (told.data.ptr == &socket) told.data.ptr = nullptr;
    }
}

WatchedSocket::WatchedSocket(std::shared_ptr<Watch> watch, UniqueFd socket)
    : watch_(std::move(watch)), socket_(std::move(socket)) {}

WatchedSocket::~WatchedSocket() { watch_->forget(*this); }

Task<void> WatchedSocket::wait_for(std::uint32_t events) {
    ask_for(events);
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [this](Waiter waiter) { waiter_.emplace(std::move(waiter)); }, use_task);
}

void WatchedSocket::ask_for(std::uint32_t events) {
    if (events == asked_) return;
    epoll_event asked{.events = events, .data = {.ptr = this}};
    const int change = asked_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (::epoll_ctl(watch_->set_.native_handle(), change, get(), &asked) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    asked_ = events;
}

void WatchedSocket::tell() {
    if (!waiter_) {  // while a request is being answered; it would be told in each turn
        ::epoll_ctl(watch_->set_.native_handle(), EPOLL_CTL_DEL, get(), nullptr);
        asked_ = 0;
        return;
    }
    Waiter waiter{*std::move(waiter_)};
    waiter_.reset();
    std::move(waiter)();  // this socket may be gone behind it
}

void WatchedSocket::wake() {
    if (!waiter_) return;
    Waiter waiter{*std::move(waiter_)};
    waiter_.reset();
    asio::post(watch_->set_.get_executor(), std::move(waiter));
}

}  // namespace jeton::front
