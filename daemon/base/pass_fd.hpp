/// Passes one descriptor from process to process over a Unix socket that keeps message boundaries (SOCK_SEQPACKET).
#pragma once

#include <optional>

#include "daemon/base/unique_fd.hpp"

namespace jeton {

/// Sends one byte `tag` with `fd`. Never waits: false where the other end is gone or does not read. The caller keeps
/// `fd`.
[[nodiscard]] bool send_fd(int socket, char tag, int fd);

/// A message that came: its tag, and the descriptor that came with it (close-on-exec), if one did.
struct PassedFd {
    char tag;
    UniqueFd fd;
};

/// The next message; nothing where none waits. Never waits. Throws std::runtime_error where the other end has closed,
/// std::system_error where the kernel refuses.
[[nodiscard]] std::optional<PassedFd> receive_fd(int socket);

}  // namespace jeton
