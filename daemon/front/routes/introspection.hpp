/// Token introspection (RFC 7662), for resource servers that a binding names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/front/http/message.hpp"
#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

/// The environment in the path; nothing where `path` is not the endpoint.
[[nodiscard]] std::optional<std::string> match_introspection_path(std::string_view path);

/// Asks the vault. The caller is who it is: whoever presents credentials of any kind is refused (§2.3), rather than let
/// in for another reason.
[[nodiscard]] Task<Response> introspect(Desk& desk, const Caller& caller, const Request& request,
                                        std::string environment);

}  // namespace jeton::front
