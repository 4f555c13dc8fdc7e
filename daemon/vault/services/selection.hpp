/// Which connections a listing, or a change of several at once, is about.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/standing.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// What must be true of a connection; absent members ask nothing.
struct Selector {
    std::optional<std::string> app = {};
    std::optional<std::string> tenant = {};  ///< `TENANT`, in whatever environment, or `TENANT@ENVIRONMENT`
    std::optional<std::string> environment = {};
    std::optional<ConnectionState> state = {};
    std::optional<std::string> client_id = {};
    bool missing_secret = false;  ///< connected, and no secret or (local kind) key is active (S34)
    bool new_version = false;     ///< accepted a version that is not the current one (S39)
    std::optional<std::chrono::seconds> unused_for = {};  ///< connected, and not used for so long, or never
};

/// Those that `standing` sees, in no particular order. What it does not see selects nothing, as what does not exist.
/// Refuses: bad_input (a name that is none), not_found (environment).
[[nodiscard]] Result<std::vector<FoundConnection>> select_connections(Transaction& tx, const Standing& standing,
                                                                      const Selector& selector, UtcSeconds now);

/// The same in pieces: shows them in the order of app, tenant and environment, those behind `after` (what a walk before
/// gave back; empty: from the first), while there is room, and until `visit` returns false: that one was not taken.
/// Gives back where to go on; empty: there are no more.
[[nodiscard]] Result<std::string> walk_connections(Transaction& tx, const Standing& standing, const Selector& selector,
                                                   std::string_view after, UtcSeconds now,
                                                   const std::function<bool()>& has_room,
                                                   const std::function<bool(const FoundConnection&)>& visit);

/// Whether the app offers another version than `found` accepted.
[[nodiscard]] bool has_new_version(const FoundConnection& found);

}  // namespace jeton::vault
