/// How a binding stands in listings.
#pragma once

#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

[[nodiscard]] json::object binding_view(Transaction& tx, const Binding& binding);

}  // namespace jeton::vault
