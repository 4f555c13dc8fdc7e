/// What is served on each socket, and to whom.
#pragma once

#include "daemon/front/http/responder.hpp"
#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

/// The token socket: tokens, metadata, health, whoami. `desk` outlives every session.
[[nodiscard]] ResponderFactory token_socket(Desk& desk);
/// The control socket: all management.
[[nodiscard]] ResponderFactory control_socket(Desk& desk);

}  // namespace jeton::front
