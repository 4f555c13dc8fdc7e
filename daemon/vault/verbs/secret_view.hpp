/// How a secret stands in listings: by prefix, dates and last use, never by value.
#pragma once

#include <boost/json/array.hpp>

#include "daemon/vault/services/find.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault::verbs {

enum class Shown { active, all };

[[nodiscard]] json::array secret_views(Transaction& tx, const FoundConnection& found, UtcSeconds now, Shown shown);

}  // namespace jeton::vault::verbs
