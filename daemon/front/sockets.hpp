/// The two sockets of the daemon: from the service manager, or made here so that no stranger ever finds them half made.
#pragma once

#include <filesystem>
#include <vector>

#include "daemon/base/config.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/unique_fd.hpp"

namespace jeton::front {

struct Sockets {
    Sockets() = default;
    Sockets(Sockets&&) noexcept = default;
    Sockets& operator=(Sockets&&) noexcept = default;
    Sockets(const Sockets&) = delete;
    Sockets& operator=(const Sockets&) = delete;
    ~Sockets();  ///< removes the sockets that were made here

    UniqueFd token;
    UniqueFd control;

    std::vector<std::filesystem::path> made;  ///< here, not by the service manager
    std::vector<UniqueFd> locks;              ///< `jetond.lock` of each directory, held as long as the daemon lives
};

/// Listening sockets, named `token` and `control` by the service manager (sd_listen_fds), or made at
/// `paths.runtime/token.sock` (mode 0666) and `paths.control/control.sock` (0660 and group, 0600 with `--user`).
/// A socket that a dead daemon left is replaced; a living one's is not. Refuses `already_exists` (names the living
/// daemon), `wrong_state` (directory, length of the path: 107 bytes), `bad_input` (what the service manager passed).
[[nodiscard]] Result<Sockets> open_sockets(const Config& config);

}  // namespace jeton::front
