/// Whose a client ID is: one connection's, but where a field of the form tells several apart.
#pragma once

#include <string>

#include "daemon/base/error.hpp"
#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// Whether both may have one client ID. A network of tenants shares its pair, and a field of the form says for which of
/// them a token is: both are of one app in one environment, both have form fields, and these differ.
[[nodiscard]] bool may_share_client_id(const Connection& one, const Connection& other);

/// `found` as it is about to be: its client ID must be its own, or one that it may share. Any other one would mix two
/// customers (S3, P11). Refuses: already_exists.
[[nodiscard]] Result<void> check_client_id(Transaction& tx, const FoundConnection& found);

/// What to do where a pair is another connection's, for those who know why: a network shares one.
[[nodiscard]] std::string how_to_share();

}  // namespace jeton::vault
