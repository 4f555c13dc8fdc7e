/// Table `environments`: isolated worlds. Every finder verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <cstdint>
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
/// How many rows of `environment` are sealed under another data key than that of now. Counted by SQLite, for display
/// and as a last look before a key is erased; walks four tables.
[[nodiscard]] std::int64_t rows_under_older_keys(Transaction& tx, const Environment& environment);

}  // namespace jeton::vault::environments
