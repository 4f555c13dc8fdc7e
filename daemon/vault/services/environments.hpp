/// Environments: isolated worlds with their own keys (S4, S22).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/issuer/key_pair.hpp"
#include "daemon/vault/services/erasing.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// What an operator says of a new environment; absent members get the preset's or the default value.
struct NewEnvironment {
    std::string name;
    std::optional<std::string> kind;
    std::optional<std::string> preset;
    std::optional<std::string> token_endpoint;
    std::optional<std::string> client_auth;
    std::vector<std::string> host_aliases;
    std::optional<std::string> ca_file;
    std::optional<std::string> issuer;
    std::optional<std::string> signing_alg;  ///< EdDSA, RS256 or ES256; local only
    std::vector<std::string> resources;      ///< of a local one: whom tokens may be for (RFC 8707)
    std::optional<bool> developer_access;
    bool allow_loopback_http = false;
    bool if_not_exists = false;  ///< an equal one is no refusal
};

/// Creates the environment with a data key of its own and, where it is `local`, a signing key, of `pairs` where they
/// hold one. Refuses: bad_input (each field with its own message), already_exists. Throws StoreFault if the disk fails.
[[nodiscard]] Result<Environment> create_environment(Transaction& tx, const Peer& peer, const NewEnvironment& wanted,
                                                     UtcSeconds now, KeyPairs pairs = {});

/// What becomes different; absent members stay.
struct EnvironmentEdit {
    std::optional<bool> developer_access;                  ///< may developers hold secrets here (S35)
    std::optional<std::vector<std::string>> host_aliases;  ///< instead of those so far
    std::optional<std::string> signing_alg;                ///< another one means a new signing key (services/signing)
    // The destination of secrets: those that were imported for another one are not sent to it (services/destinations).
    std::optional<std::string> token_endpoint;
    std::optional<std::string> client_auth;
    std::optional<std::string> ca_file;  ///< empty: the system's authorities
    std::optional<bool> allow_loopback_http;
    std::optional<std::vector<std::string>> resources;  ///< instead of those so far
    bool import_anew = false;                           ///< known and wanted: the pairs have to be imported anew
    bool forget_issuer = false;                         ///< of an upstream environment: the next token teaches it
};

/// Where nothing is different, nothing changes. Refuses: not_found, bad_input, already_exists (a host alias of another
/// environment), wrong_state (secrets would be stranded, and `import_anew` is not said).
[[nodiscard]] Result<Environment> edit_environment(Transaction& tx, const Peer& peer, std::string_view name,
                                                   const EnvironmentEdit& edit, UtcSeconds now, KeyPairs pairs = {});

/// Whom a token of a local environment may be for: its own issuer, and what was registered.
[[nodiscard]] std::vector<std::string> resources_of(const Environment& environment);
/// Whether `resource` is one of them, byte by byte; in an upstream environment none is.
[[nodiscard]] bool has_resource(const Environment& environment, std::string_view resource);

/// Which environment of the portal the host of a preset's token endpoint is, as the portal calls it: `integration` or
/// `production`; empty for any other host.
[[nodiscard]] std::string_view portal_environment(std::string_view host);

/// The first token of an upstream environment has named its issuer: from now on every other one is a mismatch. An
/// entry of the vault's own in the audit. Nothing where the environment is gone, has learned one, or is another one by
/// now: `destination` is where the token came from (services/destinations).
void learn_issuer(Transaction& tx, const EnvironmentId& id, std::string_view destination, const std::string& issuer,
                  UtcSeconds now);

struct DeletedEnvironment {
    std::string name;
    std::vector<ConnectionId> connections;
    ErasedRows erased;
    std::int64_t tenants = 0;
};

/// Deletes the environment with its tenants, connections and all that hangs on them, for ever: its data key is erased
/// from all files. Refuses: not_found; wrong_state while a connection of it is connected, naming some, and with
/// `if_never_allowed` where a tenant ever allowed one of them.
[[nodiscard]] Result<DeletedEnvironment> delete_environment(Transaction& tx, const Peer& peer, std::string_view name,
                                                            UtcSeconds now, bool if_never_allowed = false);

}  // namespace jeton::vault
