#include "libclient/http/session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

#include "libclient/http/server_check.hpp"
#include "libclient/protocol/ascii.hpp"

namespace jeton::client {
namespace {

using Clock = std::chrono::steady_clock;

std::unexpected<Error> lost(std::string_view doing, int problem) {
    return refuse(Fault::unreachable,
                  "the daemon went away while " + std::string{doing} + ": " + std::strerror(problem),
                  "jeton status says how it is; a change that was asked for may have been made");
}

/// Waits until `socket` is ready for `events`; refuses when the deadline passes first.
Result<void> wait_for(int socket, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return too_late();
        pollfd waiting{socket, events, 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<long>(left, 60'000)));
        if (ready > 0) return {};
        if (ready < 0 && errno != EINTR) return lost("waiting", errno);
    }
}

/// In one piece: what comes in two wakes the daemon twice.
WipedText message_of(const Request& request, Session::After after) {
    WipedText message;
    message.append(request.method);
    message.append(" " + request.target + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n");
    if (after == Session::After::close) message.append("Connection: close\r\n");
    for (const auto& [name, value] : request.headers) {
        message.append(name);
        message.append(": ");
        message.append(value);
        message.append("\r\n");
    }
    if (!request.content_type.empty()) {
        message.append("Content-Type: " + std::string{request.content_type} + "\r\n");
        message.append("Content-Length: " + std::to_string(request.body.size()) + "\r\n");
    }
    message.append("\r\n");
    message.append(request.body.view());
    return message;
}

/// Sends all of `bytes`. A daemon that hangs up early may have answered already, so that is no error here.
Result<void> send_all(int socket, std::string_view bytes, Clock::time_point deadline) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (sent == 0 || errno == EPIPE || errno == ECONNRESET) {
            return {};
        } else if (errno == EAGAIN) {
            if (auto ready = wait_for(socket, POLLOUT, deadline); !ready) return ready;
        } else if (errno != EINTR) {
            return lost("it was being asked", errno);
        }
    }
    return {};
}

Result<Response> receive(int socket, Clock::time_point deadline, bool& answered) {
    ResponseParser parser;
    std::array<char, 4UZ * 1024> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
    Result<void> state;
    while (state && !parser.done()) {
        const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (got > 0) {
            answered = true;
            state = parser.feed({buffer.data(), static_cast<std::size_t>(got)});
        } else if (got == 0) {
            state = parser.end_of_stream();
        } else if (errno == EAGAIN) {
            state = wait_for(socket, POLLIN, deadline);
        } else if (errno != EINTR) {
            state = lost("it was answering", errno);
        }
    }
    ::explicit_bzero(buffer.data(), buffer.size());
    if (!state) return std::unexpected{state.error()};
    return parser.take();
}

/// The daemon goes on listening on this session once `response` is read.
bool keeps(const Response& response) {
    return response.header("content-length") &&
           protocol::lower_case(response.header("connection").value_or("")) != "close";
}

}  // namespace

std::unexpected<Error> too_late() {
    return refuse(Fault::unreachable, "the daemon did not answer in time",
                  "jeton status says how it is; a change that was asked for may have been made");
}

bool asks_to_connect_again(const Response& response) {
    return response.status == 503 && response.header("retry-after") == "0";
}

Result<Session> Session::open(const std::string& directory, std::string_view name, Deadline deadline, uid_t self) {
    if (auto checked = check_directory(directory, self); !checked) return std::unexpected{checked.error()};
    auto socket = connect_to(directory, name, deadline);
    if (!socket) return std::unexpected{socket.error()};
    const auto path = directory + "/" + std::string{name};
    if (auto checked = check_server(socket->get(), path, self); !checked) return std::unexpected{checked.error()};
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket->get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return lost("it was looked at", errno);
    return Session{std::move(*socket), peer.uid};
}

Result<Response> Session::ask(const Request& request, After after, Deadline deadline) {
    kept_ = answered_ = false;
    const auto message = message_of(request, after);
    if (auto sent = send_all(socket_.get(), message.view(), deadline); !sent) return std::unexpected{sent.error()};
    auto response = receive(socket_.get(), deadline, answered_);
    kept_ = response && after == After::keep && keeps(*response);
    return response;
}

bool Session::quiet() const noexcept {
    pollfd looked{socket_.get(), POLLIN, 0};
    return ::poll(&looked, 1, 0) == 0;
}

}  // namespace jeton::client
