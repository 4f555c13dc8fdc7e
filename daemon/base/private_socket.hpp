/// The sockets between our programs where each is a service of its own: at a path, made by the service manager, and
/// used only by who both ends know (docs/inner-protocol.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include "daemon/base/error.hpp"
#include "daemon/base/unique_fd.hpp"

namespace jeton {

/// The one listening Unix stream socket that the service manager passed (sd_listen_fds(3)), non-blocking.
/// Refuses `bad_input`: there is none, there are more, or it is another kind.
[[nodiscard]] Result<UniqueFd> passed_private_socket();

/// The number of a user of this host; before the process gives up looking at files. Refuses `not_found`.
[[nodiscard]] Result<uid_t> user_number(const std::string& user);

/// The next connection (non-blocking, close-on-exec), if it is one of `user`, as the kernel says; another's is closed
/// unread, with a warning. Nothing where nobody waits. Throws std::system_error where the kernel has no more room.
[[nodiscard]] std::optional<UniqueFd> accept_only(int listener, uid_t user);

/// Connects to a socket that root made (the service manager, or whoever could replace this very program), in a
/// directory that root alone may write to, as are those above. Nothing is sent. Refuses `wrong_state`: who listens is
/// another, or a directory is not root's; `temporarily_unavailable`: nobody listens there now.
[[nodiscard]] Result<UniqueFd> connect_to_root(const std::filesystem::path& path);

}  // namespace jeton
