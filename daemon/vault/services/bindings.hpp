/// Bindings: which local identity fetches tokens of which connection without a secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct NewBinding {
    ConnectionName connection;
    std::string user;  ///< as the front resolved it
    std::int64_t uid = -1;
    bool is_default = false;
    bool allow_container = false;
};

/// Refuses: not_found, already_exists, bad_input (uid of the range that systemd hands out and takes back), wrong_state
/// (the user has a default in this environment already).
[[nodiscard]] Result<Binding> add_binding(Transaction& tx, const Peer& peer, const NewBinding& wanted, UtcSeconds now);

/// The bindings that hold for `peer` (its uid, and its PID namespace where that matters).
[[nodiscard]] std::vector<Binding> bindings_of(Transaction& tx, const Peer& peer);

}  // namespace jeton::vault
