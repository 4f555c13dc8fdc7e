#include "daemon/base/private_socket.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include "daemon/base/log.hpp"

namespace jeton {
namespace {

namespace fs = std::filesystem;

constexpr uid_t nobody_known = static_cast<uid_t>(-1);

/// Who connected, or, at the connecting end, who began to listen. -1 where the kernel does not say.
uid_t other_end(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : nobody_known;
}

Error not_roots(const fs::path& directory, const struct stat& found) {
    return refuse(Errc::wrong_state,
                  fmt::format("{} belongs to uid {} and has mode {:04o}: others than root could place a false socket",
                              directory.string(), found.st_uid, found.st_mode & 07777U),
                  fmt::format("chown root: {0}; chmod go-w {0}", directory.string()));
}

/// A sticky directory keeps what root has in it, but does not keep others from making what is not there.
Result<void> check_directories(const fs::path& socket) {
    auto directory = socket.parent_path();
    for (bool nearest = true;; nearest = false) {
        struct stat found{};
        if (::lstat(directory.c_str(), &found) != 0) {
            return refuse(errno == ENOENT ? Errc::temporarily_unavailable : Errc::wrong_state,
                          fmt::format("cannot look at {}: {}", directory.string(), std::strerror(errno)),
                          "systemd-tmpfiles --create makes it; then start the socket units");
        }
        const bool others_write = (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
        const bool sticky = !nearest && (found.st_mode & S_ISVTX) != 0;
        if (!S_ISDIR(found.st_mode) || found.st_uid != 0 || (others_write && !sticky))
            return not_roots(directory, found);
        if (directory == directory.root_path()) return {};
        directory = directory.parent_path();
    }
}

}  // namespace

Result<UniqueFd> passed_private_socket() {
    const int count = ::sd_listen_fds(1);
    if (count == 1 && ::sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, 1, nullptr, 0) > 0) {
        const int flags = ::fcntl(SD_LISTEN_FDS_START, F_GETFL);
        if (flags >= 0 && ::fcntl(SD_LISTEN_FDS_START, F_SETFL, flags | O_NONBLOCK) == 0)
            return UniqueFd{SD_LISTEN_FDS_START};
    }
    return refuse(Errc::bad_input,
                  fmt::format("the service manager passed {} sockets, not one that listens", count < 0 ? 0 : count),
                  "this program is started by its socket unit, not by hand: see jetond(8)");
}

Result<uid_t> user_number(const std::string& user) {
    if (const auto* entry = ::getpwnam(user.c_str())) return entry->pw_uid;  // before any thread exists
    return refuse(Errc::not_found, fmt::format("this host has no user {}", user), "systemd-sysusers makes it");
}

std::optional<UniqueFd> accept_only(int listener, uid_t user) {
    UniqueFd connection{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!connection) {
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED) return std::nullopt;
        throw std::system_error(errno, std::generic_category(), "cannot accept a connection");
    }
    const auto caller = other_end(connection.get());
    if (caller == user) return connection;
    log::warning("a connection of uid {} is closed: this socket is for uid {} alone", caller, user);
    return std::nullopt;
}

Result<UniqueFd> connect_to_root(const fs::path& path) {
    if (const auto checked = check_directories(path); !checked) return checked.error();
    sockaddr_un address{};
    if (path.native().size() >= sizeof address.sun_path) {
        return refuse(Errc::wrong_state, fmt::format("{} is too long for a socket", path.string()),
                      "choose a shorter path");
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.native().size() + 1);
    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return refuse(Errc::temporarily_unavailable,
                      fmt::format("cannot connect to {}: {}", path.string(), std::strerror(errno)),
                      "systemctl status the socket unit of that name");
    }
    const auto maker = other_end(socket.get());
    if (maker == 0) return socket;
    return refuse(Errc::wrong_state, fmt::format("{} was made by uid {}, not by root", path.string(), maker),
                  "stop who listens there, and start the socket unit: systemctl restart jeton-vault.socket");
}

}  // namespace jeton
