/// One row of a migration: a pair that stood in a program's settings, taken in with all that it needs, as one change
/// (S37, P9, P10, P12). Between the plan and the change the pair is tried at the token endpoint.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/secrets.hpp"
#include "daemon/vault/services/standing.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

inline constexpr std::size_t origin_limit = 300;  ///< characters

/// A row as it was read. The caller wipes what the views look at.
struct ImportRow {
    std::string app;
    std::string environment;  ///< empty: `selector` says
    std::string selector;  ///< what the settings call their environment: `production`, `integration`, a name of ours,
                           ///< or the host of a token endpoint; empty: they say nothing
    std::string tenant;    ///< the tenant ID
    std::string tenant_name;              ///< of the organisation, for a tenant that is new; empty: its ID
    std::optional<std::int64_t> version;  ///< that the tenant allowed at the portal; absent: the app's current one
    std::string origin;                   ///< `FILE:LINE`, for the consent and the audit
    std::string_view client_id;
    std::string_view client_secret;
    std::string_view app_key;                                ///< empty: the settings name none
    std::optional<std::vector<FormField>> form_fields = {};  ///< absent: those that the connection has, if any

    [[nodiscard]] ImportedPair pair() const { return {client_id, client_secret, std::nullopt, form_fields}; }
};

/// What a row would do.
struct ImportPlan {
    FoundConnection found;              ///< as it will be when the row is in
    bool is_there = false;              ///< the pair is active already: nothing is asked of anybody, nothing changes
    std::optional<Secret> secret = {};  ///< the pair is active already, but for other form fields: these change alone
    bool creates_tenant = false;
    bool lists_tenant = false;
    bool records_consent = false;
    std::vector<std::string> steps;    ///< the same for people, in their order
    std::vector<std::string> remarks;  ///< what somebody should know all the same
};

/// Whether the row can be taken in, and what that means. Changes nothing.
/// Refuses: bad_input (the row itself), not_found (app, environment), wrong_state (a local environment; disabled; two
/// active secrets; another client ID; the client ID of another environment), already_exists (the client ID of another
/// connection that it cannot be shared with), mismatch (the settings are of another environment or app), forbidden (not
/// the peer's to do).
[[nodiscard]] Result<ImportPlan> plan_import(Transaction& tx, const Standing& standing, const ImportRow& row);

/// Makes `plan` true, for a pair that the token endpoint accepted: tenant, listing, consent and secret, of which each
/// has its audit entry. The plan must be of this transaction.
[[nodiscard]] Result<Secret> carry_out(Transaction& tx, const Peer& peer, const ImportPlan& plan, const ImportRow& row,
                                       UtcSeconds now);

}  // namespace jeton::vault
