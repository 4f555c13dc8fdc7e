#include "libclient/http/server_check.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>

namespace jeton::client {
namespace {

using namespace std::string_literals;

std::string owner_text(uid_t owner, uid_t self) {
    if (owner == 0) return "root";
    return (owner == self ? "you (uid " : "uid ") + std::to_string(owner) + (owner == self ? ")" : "");
}

bool trusted(uid_t owner, uid_t self) { return owner == 0 || owner == self; }

/// Root's own group is root's business; any other group is other people.
bool others_may_write(const struct stat& entry) {
    const bool group = (entry.st_mode & S_IWGRP) != 0 && (entry.st_uid != 0 || entry.st_gid != 0);
    return group || (entry.st_mode & S_IWOTH) != 0;
}

std::unexpected<Error> no_such(const std::string& directory, int problem) {
    if (problem == EACCES) {
        return refuse(Fault::forbidden, "you may not look into " + directory,
                      "ask an operator to add you to the group that owns it (group jeton)");
    }
    return refuse(Fault::unreachable, "no jetond is running: " + directory + ": " + std::strerror(problem),
                  "start one: jetond --user, or as root: jetond --system");
}

Result<void> check_ancestor(const std::string& directory, uid_t self) {
    struct stat entry{};
    if (::lstat(directory.c_str(), &entry) != 0) return no_such(directory, errno);
    if (!trusted(entry.st_uid, self)) {
        return refuse(
            Fault::untrusted,
            directory + " above the socket belongs to " + owner_text(entry.st_uid, self) + ", who could replace it",
            "use a directory below ones of root or yourself");
    }
    if (S_ISLNK(entry.st_mode)) return {};  // where it leads is checked as well
    const bool sticky = (entry.st_mode & S_ISVTX) != 0;
    if (others_may_write(entry) && !sticky) {
        return refuse(Fault::untrusted,
                      directory + " above the socket has mode " + mode_text(entry.st_mode) + ": others may write to it",
                      "chmod go-w " + directory);
    }
    return {};
}

/// Every directory above `path`, from the root down.
Result<void> check_ancestors(const std::string& path, uid_t self) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const auto above = slash == 0 ? "/"s : path.substr(0, slash);
        if (auto checked = check_ancestor(above, self); !checked) return checked;
    }
    return {};
}

}  // namespace

bool is_of_another(const std::string& directory, uid_t self) {
    struct stat entry{};
    return ::stat(directory.c_str(), &entry) == 0 && entry.st_uid != 0 && entry.st_uid != self;
}

std::string mode_text(mode_t mode) {
    std::string text = "0000";
    for (std::size_t digit = 0; digit < 4; ++digit) {
        text[3 - digit] = static_cast<char>('0' + ((mode >> (3 * digit)) & 7U));
    }
    return text;
}

Result<void> check_directory(const std::string& directory, uid_t self) {
    if (directory.empty() || directory.front() != '/') {
        return refuse(Fault::untrusted, "the socket directory \"" + directory + "\" is not an absolute path",
                      "give a path that begins with /");
    }
    auto path = directory;
    while (path.size() > 1 && path.back() == '/') path.pop_back();

    struct stat entry{};
    if (::lstat(path.c_str(), &entry) != 0) return no_such(path, errno);
    if (S_ISLNK(entry.st_mode)) {
        return refuse(Fault::untrusted, path + " is a symbolic link, not the daemon's directory",
                      "name the directory itself");
    }
    if (!S_ISDIR(entry.st_mode)) return refuse(Fault::untrusted, path + " is not a directory", "name the directory");
    if (!trusted(entry.st_uid, self)) {
        return refuse(Fault::untrusted,
                      path + " belongs to " + owner_text(entry.st_uid, self) + " (mode " + mode_text(entry.st_mode) +
                          "), not to root or you",
                      "unset JETON_SOCKET_DIR and XDG_RUNTIME_DIR of another user, or run jeton as that user");
    }
    if (others_may_write(entry)) {
        return refuse(
            Fault::untrusted,
            path + " has mode " + mode_text(entry.st_mode) + ": others may write to it and place a false socket",
            // Of /tmp and its like nobody should take that away.
            (entry.st_mode & S_ISVTX) != 0
                ? "name the directory of the sockets itself, which only root or you may write to"
                : "chmod go-w " + path);
    }
    if (auto checked = check_ancestors(path, self); !checked) return checked;

    char real[PATH_MAX];
    if (::realpath(path.c_str(), real) == nullptr) return no_such(path, errno);
    return path == real ? Result<void>{} : check_ancestors(real, self);
}

Result<void> check_server(int socket, const std::string& socket_path, uid_t self) {
    ucred peer{};
    socklen_t size = sizeof peer;
    struct stat entry{};
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || ::lstat(socket_path.c_str(), &entry) != 0) {
        return refuse(Fault::untrusted, "who listens on " + socket_path + " cannot be found out", "jeton status");
    }
    if (trusted(peer.uid, self) || peer.uid == entry.st_uid) return {};
    return refuse(Fault::untrusted,
                  socket_path + " is served by " + owner_text(peer.uid, self) +
                      ", not by root, you or the socket's owner (" + owner_text(entry.st_uid, self) +
                      "); nothing was sent",
                  "find out which program that is: ss -xlp");
}

}  // namespace jeton::client
