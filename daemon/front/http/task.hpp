/// The types of our one I/O thread: concrete executors, so that no call goes through a type-erased one.
#pragma once

#include <chrono>
#include <exception>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace jeton::front {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
template <class T>
using Task = asio::awaitable<T, Executor>;
using StreamSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
inline constexpr asio::use_awaitable_t<Executor> use_task{};

/// Where a coroutine ends that nobody waits for and nothing goes on without, as a door or the deadlines of sessions: a
/// daemon without it looks well and is not. It ends, to be started again.
inline void end_daemon(const std::exception_ptr& fault) {
    if (fault) std::rethrow_exception(fault);
}

}  // namespace jeton::front
