/// Token revocation (RFC 7009), for the client that a token was issued to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/front/http/message.hpp"
#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

/// The environment in the path; nothing where `path` is not the endpoint.
[[nodiscard]] std::optional<std::string> match_revocation_path(std::string_view path);

/// Asks the vault, which authenticates the client as for a token. 200 without a body is said only of what is stored,
/// and of what was no token in the first place (§2.2); 503 with `Retry-After` where that is not known.
[[nodiscard]] Task<Response> revoke(Desk& desk, const Caller& caller, const Request& request, std::string environment);

}  // namespace jeton::front
