/// The catalogue of scopes, and how operators add to it (S52).
#pragma once

#include <cstddef>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// Built-in entries and own ones.
[[nodiscard]] Catalogue catalogue_of(Transaction& tx);

struct AddedScopes {
    std::size_t added = 0;
    std::size_t unchanged = 0;  ///< were there already, with the same group and display name
};
inline constexpr std::size_t own_scopes_limit = 2000;

/// All or none. Refuses: bad_input (none; malformed), already_exists (with another group or display name, in the
/// catalogue or earlier in the list), wrong_state (more than `own_scopes_limit`).
[[nodiscard]] Result<AddedScopes> add_scopes(Transaction& tx, const Peer& peer, std::vector<OwnScope> wanted,
                                             UtcSeconds now);

}  // namespace jeton::vault
