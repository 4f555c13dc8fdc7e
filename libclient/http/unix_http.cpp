#include "libclient/http/unix_http.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "libclient/http/names.hpp"
#include "libclient/http/session.hpp"

namespace jeton::client {
namespace {

using Clock = std::chrono::steady_clock;

/// A path too long for a socket address is reached through the open directory.
/// Empty where that cannot be opened, as errno says.
std::string address_of(const std::string& path, const std::string& directory, std::string_view name,
                       UniqueHandle& held) {
    if (path.size() < sizeof(sockaddr_un::sun_path)) return path;
    held = UniqueHandle{::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!held) return {};
    return "/proc/self/fd/" + std::to_string(held.get()) + "/" + std::string{name};
}

/// The group that may use the socket, as `usermod` takes it; empty where that is root's own.
std::string group_of(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return "jeton";
    if (found.st_gid == 0) return {};
    return group_name(found.st_gid);
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
                return refuse(Fault::forbidden, "you may not use " + path,
                              "run it as root; for anybody else: create group jeton, or name one in control_group of "
                              "jetond.toml, and start jetond again");
            }
            return refuse(Fault::forbidden, "you may not use " + path,
                          "ask an operator to add you to group " + group + ": usermod -aG " + group + " USER");
        }
        case EMFILE:
            return refuse(Fault::system, "this process may open no further file or socket",
                          "raise its limit of open files (ulimit -n), or close what it does not need");
        case ENFILE:
        case ENOMEM:
        case ENOBUFS:
            return refuse(Fault::system, std::string{"the system gives no socket: "} + std::strerror(problem),
                          "free some of what it is short of, and try again");
        default:
            return refuse(Fault::unreachable, "cannot connect to " + path + ": " + std::strerror(problem), "try again");
    }
}

}  // namespace

Result<UniqueHandle> connect_to(const std::string& directory, std::string_view name, Clock::time_point deadline) {
    const auto path = directory + "/" + std::string{name};
    UniqueHandle held;
    const auto reached_by = address_of(path, directory, name, held);
    if (reached_by.empty()) return cannot_connect(path, errno);
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

Result<Response> exchange_once(const std::string& directory, std::string_view name, const Request& request,
                               Clock::time_point deadline, uid_t self) {
    auto session = Session::open(directory, name, deadline, self);
    if (!session) return std::unexpected{session.error()};
    return session->ask(request, Session::After::close, deadline);
}

}  // namespace

Result<Response> exchange(const std::string& directory, std::string_view name, const Request& request,
                          std::chrono::milliseconds time_limit, uid_t self) {
    const auto deadline = Clock::now() + time_limit;
    for (int session = 1;; ++session) {
        auto response = exchange_once(directory, name, request, deadline, self);
        if (!response || !asks_to_connect_again(*response) || session == sessions_max) return response;
        ::poll(nullptr, 0, reconnect_ms);
    }
}

}  // namespace jeton::client
