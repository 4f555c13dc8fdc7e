/// Why a peer gets tokens of a connection without a secret, or why not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct WeighedBinding {
    Binding binding;
    std::vector<std::string> lacks;  ///< empty: it holds
};

struct Explanation {
    std::vector<WeighedBinding> bindings;  ///< all that are for the connection, those for it alone first
    std::optional<Binding> binding;        ///< the one that a token request would use
    std::string verdict;                   ///< one sentence
    std::string next;                      ///< what to do now
};

/// Says what `seen` would get of `found` and why; changes nothing.
[[nodiscard]] Explanation explain(Transaction& tx, const FoundConnection& found, const Peer& seen, UtcSeconds now);

}  // namespace jeton::vault
