/// What is changed of a connection beside its consent and its secrets.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/form_field.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// What becomes different; absent members stay.
struct ConnectionEdit {
    std::optional<std::vector<FormField>> form_fields;  ///< instead of those so far
};

/// Where nothing is different, nothing changes. The caller drops the tokens that are held of it.
/// Refuses: not_found, bad_input (a field that cannot be sent), wrong_state (a local environment sends no form).
[[nodiscard]] Result<FoundConnection> edit_connection(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                      ConnectionEdit edit, UtcSeconds now);

/// Whether `what`, whose connections these are, can end without taking anything that a tenant ever allowed.
/// Refuses: wrong_state, naming some.
[[nodiscard]] Result<void> check_never_allowed(Transaction& tx, std::string_view what,
                                               const std::vector<Connection>& connections);

}  // namespace jeton::vault
