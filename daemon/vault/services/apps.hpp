/// Apps: what a developer registers, edits and deletes in "My Apps" (S8–S13).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/app.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/erasing.hpp"
#include "daemon/vault/services/standing.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

struct NewApp {
    std::string name;
    std::string organization;
    std::string homepage;
    std::string credentials;  ///< `developer` or `tenant`
    std::vector<std::string> scopes;
    std::optional<std::string> app_key;  ///< the portal's; absent = generated
    bool if_not_exists = false;
    std::optional<std::string> external_data_guid = {};  ///< UUID; absent = generated
};

/// An app with the version it offers now.
struct AppWithVersion {
    App app;
    AppVersion version;
    bool is_new = false;  ///< just created, not found there
};

/// Creates the app with version 1, at once or not at all (S12). Who is a developer only becomes the developer of it,
/// for as long as it was made one. Refuses: bad_input with the portal's message for each field (S10), already_exists.
[[nodiscard]] Result<AppWithVersion> create_app(Transaction& tx, const Peer& peer, const Standing& standing,
                                                const NewApp& wanted, UtcSeconds now);

/// What becomes different; absent members stay.
struct AppEdit {
    std::optional<std::string> organization;
    std::optional<std::string> homepage;
    std::optional<std::string> credentials;
};

struct EditedApp {
    App app;
    std::vector<std::string> changed;  ///< `organization`, `homepage`, `credentials`; empty: nothing was different
};

/// Another mode of credentials touches no pair, token or version (S13).
/// Refuses: not_found, bad_input with the portal's message for each field.
[[nodiscard]] Result<EditedApp> edit_app(Transaction& tx, const Peer& peer, std::string_view name, const AppEdit& edit,
                                         UtcSeconds now);

struct DeletedApp {
    std::vector<ConnectionId> connections;
    ErasedRows erased;
};

/// Deletes the app with its versions, connections and all that hangs on them, for ever. Refuses: not_found; with
/// `if_never_allowed` wrong_state where a tenant ever allowed one of them.
[[nodiscard]] Result<DeletedApp> delete_app(Transaction& tx, const Peer& peer, std::string_view name, UtcSeconds now,
                                            bool if_never_allowed = false);

}  // namespace jeton::vault
