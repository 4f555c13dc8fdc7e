/// Table `app_versions`: the scopes of an app, numbered, never changed. Every finder verifies what it reads; throws
/// Tampered, StoreFault.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/vault/domain/app.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::app_versions {

/// Newest first.
[[nodiscard]] std::vector<AppVersion> of(Transaction& tx, const AppId& app);
[[nodiscard]] std::optional<AppVersion> find(Transaction& tx, const AppId& app, std::int64_t number);

}  // namespace jeton::vault::app_versions
