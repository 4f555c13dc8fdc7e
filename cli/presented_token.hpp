/// Presenting a token to an endpoint of the token socket, as any client does: what `introspect` and `revoke` share.
#pragma once

#include <string>
#include <string_view>

#include "cli/context.hpp"

namespace jeton::cli {

/// Reads the token, typed unseen or from stdin, and makes the request with it. `endpoint` is called like the verb:
/// "introspect" (RFC 7662 §2.1), "revoke" (RFC 7009 §2.1). Refuses what `read_secret` refuses, and an empty token.
[[nodiscard]] Result<Call> present_token(const Context& context, const std::string& environment,
                                         std::string_view endpoint);

}  // namespace jeton::cli
