/// Presenting a token to an endpoint of the token socket, as any client does: what `introspect` and `revoke` share.
/// The token socket tells strangers nothing of what exists; who may see the environments is told here what is wrong.
#pragma once

#include <string>
#include <string_view>

#include "cli/context.hpp"

namespace jeton::cli {

/// Reads the token, typed unseen or from stdin, and makes the request with it. `endpoint` is called like the verb:
/// "introspect" (RFC 7662 §2.1), "revoke" (RFC 7009 §2.1). Refuses what `read_secret` refuses, and an empty token.
[[nodiscard]] Result<Call> present_token(const Context& context, const std::string& environment,
                                         std::string_view endpoint);

/// Asks with that request. Where it is refused: a sealed store has exit code 4 and its next step; a name that no
/// environment has is said with the nearest one, and so is an environment whose tokens are issued elsewhere, as far as
/// the caller may list environments.
[[nodiscard]] Result<Document> ask_about_token(Context& context, const Call& call, const std::string& environment,
                                               std::string_view endpoint);

}  // namespace jeton::cli
