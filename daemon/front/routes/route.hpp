/// A route that is a verb of the vault: where it is, what it is called there, and what comes before it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/error.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::front {

struct Desk;
struct Caller;

struct Route {
    std::string_view method;
    std::string_view pattern;  ///< `/v1/apps/{app}`: a name in braces takes one segment, percent-decoded
    std::string_view verb;
    int success = 200;
    /// Changes the body before it goes to the vault (routes/identity).
    Result<void> (*prepare)(Desk& desk, const Caller& caller, protocol::json::object& body) = nullptr;
    bool usage_first = false;  ///< what was served from the cache is reported before this is asked
    bool slow = false;         ///< stretches a passphrase or reads a whole store: minutes on a host that is busy
    /// Adds to the vault's answer what the front alone knows.
    void (*complete)(const Desk& desk, protocol::json::value& done) = nullptr;
    bool guessed = false;             ///< its body is a secret: whoever has presented too many wrong ones waits (T25)
    std::string_view if_unsure = {};  ///< what to look at where it was asked and not answered; empty: see forward
};

using Routes = std::span<const Route>;

/// Where a path leads.
struct Match {
    const Route* route = nullptr;  ///< nothing: no such path, or not with this method
    std::vector<std::pair<std::string_view, std::string>> parameters;
    std::string allowed;  ///< the methods of that path, for `Allow`; empty: there is no such path
};

/// `path` is percent-encoded. A segment that is malformed matches nothing.
[[nodiscard]] Match find_route(std::span<const Routes> tables, std::string_view method, std::string_view path);

/// The values of the pattern's names where `path` matches it.
[[nodiscard]] std::optional<std::vector<std::pair<std::string_view, std::string>>> match_path(std::string_view pattern,
                                                                                              std::string_view path);

/// All tables of the control socket; the API description is held against them.
[[nodiscard]] std::span<const Routes> control_routes();
/// Those of the token socket that are verbs of the vault.
[[nodiscard]] std::span<const Routes> token_socket_routes();

// One table for each noun, at the top of the file of that name.
[[nodiscard]] Routes store_routes();
[[nodiscard]] Routes backup_routes();
[[nodiscard]] Routes doctor_routes();
[[nodiscard]] Routes whoami_routes();
[[nodiscard]] Routes role_routes();
[[nodiscard]] Routes environment_routes();
[[nodiscard]] Routes scope_routes();
[[nodiscard]] Routes tenant_routes();
[[nodiscard]] Routes app_routes();
[[nodiscard]] Routes connection_routes();
[[nodiscard]] Routes access_routes();
[[nodiscard]] Routes secret_routes();
[[nodiscard]] Routes import_routes();
[[nodiscard]] Routes ticket_routes();
[[nodiscard]] Routes ticket_claim_routes();  ///< on both sockets
[[nodiscard]] Routes client_key_routes();
[[nodiscard]] Routes pair_routes();
[[nodiscard]] Routes binding_routes();
[[nodiscard]] Routes audit_routes();
[[nodiscard]] Routes metadata_routes();
[[nodiscard]] Routes introspection_routes();
[[nodiscard]] Routes revocation_routes();

}  // namespace jeton::front
