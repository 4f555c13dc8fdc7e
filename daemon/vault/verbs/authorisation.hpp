/// Who may do which verb, to what, in which state. One function, deny by default (T15); the table is in table.cpp.
#pragma once

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/standing.hpp"
#include "daemon/vault/store/store.hpp"
#include "daemon/vault/verbs/table.hpp"

namespace jeton::vault {

/// What the peer is, where it may do `verb` to what `body` names. What it may not see is refused like what does not
/// exist, before anything else of the body is read, so that both answers are alike byte for byte (S27).
/// Refuses: forbidden, not_found, bad_input (a name that is none), wrong_state. `operator_note` where it hides.
[[nodiscard]] Result<Standing> authorise(Transaction& tx, const Peer& peer, const Verb& verb, const json::value& body,
                                         UtcSeconds now);

/// The same for verbs of the store itself, which may be closed: then only uid 0 (and a user's own daemon's user) is
/// operator.
[[nodiscard]] Result<Standing> authorise(Store& store, const Peer& peer, const Verb& verb, UtcSeconds now);

}  // namespace jeton::vault
