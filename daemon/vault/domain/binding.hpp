/// Lets a local identity fetch tokens of a connection without a secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

/// By user. The user stands here by name *and* id: both must still belong together when it is added.
struct Binding {
    BindingId id;
    ConnectionId connection;
    EnvironmentId environment;  ///< of the connection
    std::string user;
    std::int64_t uid = 0;
    bool is_default = false;       ///< chosen where a request names no connection
    bool allow_container = false;  ///< holds for peers of another PID namespace too
    UtcSeconds created_at{};
};

}  // namespace jeton::vault
