/// How a secret stands in listings: by prefix, dates and last use, never by value.
#pragma once

#include <boost/json/array.hpp>

#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault::verbs {

enum class Shown { active, all };

/// Those of one connection, oldest first.
[[nodiscard]] json::array secret_views(const Room& room, Transaction& tx, const FoundConnection& found, UtcSeconds now,
                                       Shown shown);
[[nodiscard]] json::object secret_view(const Room& room, Transaction& tx, const FoundConnection& found,
                                       const Secret& secret, UtcSeconds now);

}  // namespace jeton::vault::verbs
