/// A pair is tried at the token endpoint before it is taken in, and the token of the trial is kept, so that it was not
/// asked for in vain (S37). For verbs that import: `try_pair` in the first run, the rest when the answer has landed.
#pragma once

#include <optional>

#include "daemon/vault/services/secrets.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault::verbs {

/// The pair was not tried yet, or what came of it says nothing any more.
[[nodiscard]] bool needs_trial(const Call& call);

/// Waits for a token asked for with `pair`. `checked`: the connection as it will be.
[[nodiscard]] Outcome try_pair(Call& call, const FoundConnection& checked, const ImportedPair& pair);

/// The token, where the endpoint accepted the pair. Refuses: what the endpoint said; wrong_state where the environment
/// has another endpoint by now.
[[nodiscard]] Result<std::optional<UpstreamToken>> tried_token(Call& call, const FoundConnection& checked,
                                                               const ImportedPair& pair);

/// `secret` was taken in for the connection: programs get this token first. `connection`: as it is stored.
void keep_tried_token(Call& call, const Connection& connection, const Secret& secret,
                      std::optional<UpstreamToken> token);

}  // namespace jeton::vault::verbs
