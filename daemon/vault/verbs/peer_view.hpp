/// A peer as JSON: as the front describes it, and as people are shown it.
#pragma once

#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

/// As docs/inner-protocol.md has it. Refuses `bad_input` for anything else.
[[nodiscard]] Result<Peer> read_peer(const json::value& value);
/// What was seen of it: uid, user, groups by name, unit or why there is none, pid, command, foreign.
[[nodiscard]] json::object peer_view(const Peer& peer);

}  // namespace jeton::vault
