/// Is this the daemon's directory, and is this the daemon? Asked before a byte is sent (threat: T14).
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "libclient/http/error.hpp"

namespace jeton::client {

/// Accepts `directory` if it is a real directory (no symbolic link) of root or of `self` that nobody else may write to,
/// and nobody else can replace it: each directory above belongs to root or `self`, and is writable by others only if
/// it is sticky. Refuses with `untrusted` (naming directory, owner and mode) or `unreachable` (it does not exist).
[[nodiscard]] Result<void> check_directory(const std::string& directory, uid_t self);

/// `directory` is neither root's nor `self`'s. An XDG_RUNTIME_DIR that is so belongs to whoever became root, or whose
/// environment this is: it is not looked at. False where it is not there.
[[nodiscard]] bool is_of_another(const std::string& directory, uid_t self);

/// Accepts the process at the other end of `socket` if the kernel says that it listens as root, as `self`, or as the
/// owner of `socket_path`. In a directory that `check_directory` accepted only root and `self` can say who that is.
[[nodiscard]] Result<void> check_server(int socket, const std::string& socket_path, uid_t self);

/// "0755" and the like, for messages.
[[nodiscard]] std::string mode_text(mode_t mode);

}  // namespace jeton::client
