/// How scopes stand in answers: by name, group, display name and access (S29).
#pragma once

#include <vector>

#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

[[nodiscard]] json::array scope_views(const std::vector<ScopeView>& scopes);

}  // namespace jeton::vault
