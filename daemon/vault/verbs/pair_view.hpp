/// How a local pair stands in listings: for whom, until when, last use; never its secret.
#pragma once

#include <string_view>

#include "daemon/vault/domain/pair.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

/// `connection`: the name of the pair's connection.
[[nodiscard]] json::object pair_view(Transaction& tx, const Pair& pair, std::string_view connection);

}  // namespace jeton::vault
