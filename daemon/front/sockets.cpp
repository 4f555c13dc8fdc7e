#include "daemon/front/sockets.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include "daemon/base/files.hpp"
#include "daemon/base/log.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::front {
namespace {

namespace fs = std::filesystem;

constexpr int backlog = 1024;
constexpr std::size_t path_limit = sizeof(sockaddr_un::sun_path) - 1;

Error cannot(std::string_view verb, const fs::path& path) {
    return refuse(Errc::wrong_state, fmt::format("cannot {} {}: {}", verb, path.string(), std::strerror(errno)),
                  "check the directory's owner and mode, or name another one in the configuration");
}

/// In system mode strangers must get through to the token socket; with `--user` the directory is nobody else's.
Result<void> ensure_directory(const fs::path& directory, DaemonMode mode) {
    std::error_code ec;
    if (mode == DaemonMode::user || fs::exists(directory, ec)) return ensure_private_directory(directory);
    if (directory.has_parent_path() && !fs::exists(directory.parent_path(), ec)) {
        if (const auto parent = ensure_directory(directory.parent_path(), mode); !parent) return parent;
    }
    if (const auto ensured = ensure_private_directory(directory); !ensured) return ensured;
    if (::chmod(directory.c_str(), 0755) != 0) return cannot("open up", directory);
    return {};
}

Result<UniqueFd> lock_directory(const fs::path& directory) {
    const auto path = directory / "jetond.lock";
    UniqueFd lock{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!lock) return cannot("open", path);
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(lock.get(), F_OFD_SETLK, &whole) != 0) {
        if (errno != EAGAIN && errno != EACCES) return cannot("lock", path);
        std::array<char, 32> holder{};
        const auto size = ::pread(lock.get(), holder.data(), holder.size() - 1, 0);
        return refuse(Errc::already_exists,
                      fmt::format("a jetond (pid {}) already serves {}",
                                  size > 0 ? std::string{holder.data()} : "unknown", directory.string()),
                      "stop it first, or give this one other directories with --config");
    }
    const auto pid = std::to_string(::getpid());
    if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0)
        return cannot("write", path);
    return lock;
}

/// The group may be missing on a host where only root manages; then only root does. `path` will be known as `name`.
void give_to_group(const fs::path& path, const std::string& group, const std::string& name) {
    const auto* found = ::getgrnam(group.c_str());  // before any thread exists
    if (found == nullptr) {
        log::warning("this host has no group {}: only the owner may use {}", group, name);
    } else if (::lchown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0) {
        log::warning("cannot give {} to group {}: {}", name, group, std::strerror(errno));
    }
}

struct Wanted {
    fs::path path;
    mode_t mode;
    std::string group;  ///< empty: as it comes
};

/// Bound and made ready under another name, then renamed into its place: whoever finds it may use it as it is.
Result<UniqueFd> make_socket(const Wanted& wanted) {
    if (wanted.path.native().size() > path_limit) {
        return refuse(Errc::wrong_state,
                      fmt::format("{} is longer than {} bytes, the most a socket's path may have", wanted.path.string(),
                                  path_limit),
                      "choose a shorter directory in the configuration, or a shorter XDG_RUNTIME_DIR");
    }
    const auto temporary =
        wanted.path.parent_path() / fmt::format(".{}", ::getpid());  // never longer than the name itself
    ::unlink(temporary.c_str());
    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return cannot("make", wanted.path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, temporary.c_str(), temporary.native().size() + 1);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return cannot("make", wanted.path);
    }
    if (!wanted.group.empty()) give_to_group(temporary, wanted.group, wanted.path.filename().string());
    if (::chmod(temporary.c_str(), wanted.mode) != 0 || ::listen(socket.get(), backlog) != 0 ||
        ::rename(temporary.c_str(), wanted.path.c_str()) != 0) {
        auto refusal = cannot("make", wanted.path);
        ::unlink(temporary.c_str());
        return refusal;
    }
    return socket;
}

bool is_listening_stream(int fd) { return ::sd_is_socket_unix(fd, SOCK_STREAM, 1, nullptr, 0) > 0; }

/// What the service manager passed; empty sockets where there is none.
Result<Sockets> passed_sockets() {
    Sockets sockets;
    char** names = nullptr;
    const int count = ::sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; ++i) {
        UniqueFd fd{SD_LISTEN_FDS_START + i};
        const std::string name{names[i]};
        std::free(names[i]);  // NOLINT(cppcoreguidelines-no-malloc): sd_listen_fds_with_names allocates with malloc
        auto* place = name == "token" ? &sockets.token : name == "control" ? &sockets.control : nullptr;
        if (place == nullptr || *place || !is_listening_stream(fd.get())) {
            return refuse(Errc::bad_input, fmt::format("the service manager passed an unexpected socket \"{}\"", name),
                          "set FileDescriptorName=token and FileDescriptorName=control, each once");
        }
        *place = std::move(fd);
    }
    std::free(static_cast<void*>(names));  // NOLINT(cppcoreguidelines-no-malloc)
    return sockets;
}

}  // namespace

Sockets::~Sockets() {
    for (const auto& path : made) ::unlink(path.c_str());
}

Result<Sockets> open_sockets(const Config& config) {
    auto sockets = passed_sockets();
    if (!sockets) return sockets;
    const bool user = config.mode == DaemonMode::user;
    if (!sockets->token || !sockets->control) {
        std::vector<fs::path> directories{config.paths.runtime};
        if (config.paths.control != config.paths.runtime) directories.push_back(config.paths.control);
        for (const auto& directory : directories) {
            if (const auto ensured = ensure_directory(directory, config.mode); !ensured) return ensured.error();
            auto lock = lock_directory(directory);
            if (!lock) return lock.error();
            sockets->locks.push_back(std::move(*lock));
        }
    }
    const Wanted token{config.paths.runtime / protocol::token_socket_name, 0666, {}};
    const Wanted control{config.paths.control / protocol::control_socket_name, user ? mode_t{0600} : mode_t{0660},
                         user ? std::string{} : config.sockets.control_group};
    if (!sockets->control) {
        auto made = make_socket(control);
        if (!made) return made.error();
        sockets->control = std::move(*made);
        sockets->made.push_back(control.path);
    }
    if (!sockets->token) {
        auto made = make_socket(token);
        if (!made) return made.error();
        sockets->token = std::move(*made);
        sockets->made.push_back(token.path);
    }
    return sockets;
}

}  // namespace jeton::front
