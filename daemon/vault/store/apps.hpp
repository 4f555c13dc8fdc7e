/// Table `apps`: what developers register. Every finder verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/vault/domain/app.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::apps {

[[nodiscard]] std::optional<App> find(Transaction& tx, std::string_view name);
[[nodiscard]] std::optional<App> get(Transaction& tx, const AppId& id);
/// By name.
[[nodiscard]] std::vector<App> list(Transaction& tx);

}  // namespace jeton::vault::apps
