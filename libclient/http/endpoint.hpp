/// Which daemon is meant: the user's own, the system's, or the one in a named directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "libclient/http/error.hpp"

namespace jeton::client {

enum class Side { any, user, system };
enum class Socket { token, control };

/// Where one daemon's sockets are.
struct Endpoint {
    std::string name;               ///< for a person: "user alice", "the system"
    std::string token_directory;    ///< holds token.sock
    std::string control_directory;  ///< holds control.sock

    [[nodiscard]] const std::string& directory(Socket socket) const {
        return socket == Socket::token ? token_directory : control_directory;
    }
};

[[nodiscard]] std::string_view name_of(Socket socket);

/// What the choice depends on; a test makes its own.
struct Surroundings {
    uid_t self = 0;
    std::optional<std::string> socket_directory;   ///< $JETON_SOCKET_DIR
    std::optional<std::string> runtime_directory;  ///< $XDG_RUNTIME_DIR
    std::string system_token_directory = "/run/jeton";
    std::string system_control_directory = "/run/jeton-control";

    /// Those of this process. An empty variable counts as unset.
    [[nodiscard]] static Surroundings of_this_process();
};

/// The daemon to talk to, and, when both run and nobody said which, the other one.
struct Choice {
    Endpoint endpoint;
    std::optional<Endpoint> other;
};

/// `side` decides; else $JETON_SOCKET_DIR; else the only one of user and system whose `socket` is listened on; if both
/// are, the user's comes first and `other` is the system's. Sends nothing. Refuses with what to set or start.
[[nodiscard]] Result<Choice> find_endpoint(Side side, Socket socket, const Surroundings& here);

}  // namespace jeton::client
