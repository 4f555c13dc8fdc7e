/// How a client's key stands in listings.
#pragma once

#include <boost/json/array.hpp>

#include "daemon/vault/domain/client_key.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::verbs {

[[nodiscard]] boost::json::object client_key_view(Transaction& tx, const FoundConnection& found, const ClientKey& key);
/// Those of one connection, oldest first, expired ones too.
[[nodiscard]] boost::json::array client_key_views(Transaction& tx, const FoundConnection& found);

}  // namespace jeton::vault::verbs
