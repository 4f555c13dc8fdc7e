/// Table `environments`: isolated worlds. Every finder verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::environments {

[[nodiscard]] std::optional<Environment> find(Transaction& tx, std::string_view name);
[[nodiscard]] std::optional<Environment> get(Transaction& tx, const EnvironmentId& id);
/// By a `Host` alias, whatever its case.
[[nodiscard]] std::optional<Environment> by_host(Transaction& tx, std::string_view host);
/// By name.
[[nodiscard]] std::vector<Environment> list(Transaction& tx);

}  // namespace jeton::vault::environments
