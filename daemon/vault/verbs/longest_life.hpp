/// Until when the tokens of a connection that were handed out may live, where the daemon promises their end.
#pragma once

#include <chrono>

#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault::verbs {

/// How long a token of the connection may live on where only its issuer ends it: what was handed out before is older
/// than what is held, or was when the daemon forgot it. To be asked before the connection changes: what is not
/// connected any more holds nothing.
[[nodiscard]] std::chrono::seconds longest_life(Call& call, const ConnectionId& connection);

}  // namespace jeton::vault::verbs
