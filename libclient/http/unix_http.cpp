#include "libclient/http/unix_http.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "libclient/http/server_check.hpp"

namespace jeton::client {
namespace {

using Clock = std::chrono::steady_clock;

std::unexpected<Error> too_late() {
    return refuse(Fault::unreachable, "the daemon did not answer in time",
                  "jeton status says how it is; a change that was asked for may have been made");
}

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

/// A path too long for a socket address is reached through the open directory.
std::string address_of(const std::string& path, const std::string& directory, std::string_view name,
                       UniqueHandle& held) {
    if (path.size() < sizeof(sockaddr_un::sun_path)) return path;
    held = UniqueHandle{::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    return "/proc/self/fd/" + std::to_string(held.get()) + "/" + std::string{name};
}

/// The group that may use the socket, as `usermod` takes it; empty where that is root's own.
std::string group_of(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return "jeton";
    if (found.st_gid == 0) return {};
    group entry{};
    group* named = nullptr;
    std::array<char, 4096> buffer{};
    if (::getgrgid_r(found.st_gid, &entry, buffer.data(), buffer.size(), &named) == 0 && named != nullptr)
        return named->gr_name;
    return std::to_string(found.st_gid);
}

std::unexpected<Error> cannot_connect(const std::string& path, int problem) {
    switch (problem) {
        case ENOENT:
        case ENOTDIR:
        case ECONNREFUSED:
            return refuse(Fault::unreachable, "no jetond is listening on " + path,
                          "start one: jetond --user, or as root: jetond --system");
        case EACCES:
        case EPERM: {
            const auto group = group_of(path);
            // Membership of root's own group is more than the use of this socket.
            if (group.empty()) {
                return refuse(Fault::unreachable, "you may not use " + path,
                              "run it as root; for anybody else: create group jeton, or name one in control_group of "
                              "jetond.toml, and start jetond again");
            }
            return refuse(Fault::unreachable, "you may not use " + path,
                          "ask an operator to add you to group " + group + ": usermod -aG " + group + " USER");
        }
        default:
            return refuse(Fault::unreachable, "cannot connect to " + path + ": " + std::strerror(problem), "try again");
    }
}

WipedText head_of(const Request& request) {
    WipedText head;
    head.append(request.method);
    head.append(" " + request.target +
                " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n");
    for (const auto& [name, value] : request.headers) {
        head.append(name);
        head.append(": ");
        head.append(value);
        head.append("\r\n");
    }
    if (!request.content_type.empty()) {
        head.append("Content-Type: " + std::string{request.content_type} + "\r\n");
        head.append("Content-Length: " + std::to_string(request.body.size()) + "\r\n");
    }
    head.append("\r\n");
    return head;
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

Result<Response> receive(int socket, Clock::time_point deadline) {
    ResponseParser parser;
    std::array<char, 16UZ * 1024> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
    Result<void> state;
    while (state && !parser.done()) {
        const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (got > 0) {
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

}  // namespace

Result<UniqueHandle> connect_to(const std::string& directory, std::string_view name, Clock::time_point deadline) {
    const auto path = directory + "/" + std::string{name};
    UniqueHandle held;
    const auto reached_by = address_of(path, directory, name, held);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (reached_by.size() >= sizeof address.sun_path) return cannot_connect(path, ENAMETOOLONG);
    reached_by.copy(address.sun_path, reached_by.size());

    UniqueHandle socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return cannot_connect(path, errno);
    while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (errno != EAGAIN && errno != EINTR) return cannot_connect(path, errno);
        if (Clock::now() >= deadline) return too_late();
        ::poll(nullptr, 0, 10);  // a full backlog: there is nothing to wait on but time
    }
    return socket;
}

namespace {

constexpr int sessions_max = 4;
constexpr int pause_ms = 20;  ///< twice the grain of the times at which processes start

bool asks_to_connect_again(const Response& response) {
    return response.status == 503 && response.header("retry-after") == "0";
}

Result<Response> exchange_once(const std::string& directory, std::string_view name, const Request& request,
                               Clock::time_point deadline, uid_t self) {
    if (auto checked = check_directory(directory, self); !checked) return std::unexpected{checked.error()};
    const auto socket = connect_to(directory, name, deadline);
    if (!socket) return std::unexpected{socket.error()};
    if (auto checked = check_server(socket->get(), directory + "/" + std::string{name}, self); !checked) {
        return std::unexpected{checked.error()};
    }
    const auto head = head_of(request);
    if (auto sent = send_all(socket->get(), head.view(), deadline); !sent) return std::unexpected{sent.error()};
    if (auto sent = send_all(socket->get(), request.body.view(), deadline); !sent) return std::unexpected{sent.error()};
    return receive(socket->get(), deadline);
}

}  // namespace

Result<Response> exchange(const std::string& directory, std::string_view name, const Request& request,
                          std::chrono::milliseconds time_limit, uid_t self) {
    const auto deadline = Clock::now() + time_limit;
    for (int session = 1;; ++session) {
        auto response = exchange_once(directory, name, request, deadline, self);
        if (!response || !asks_to_connect_again(*response) || session == sessions_max) return response;
        ::poll(nullptr, 0, pause_ms);
    }
}

}  // namespace jeton::client
