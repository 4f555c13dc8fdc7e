/// Table `bindings`: which local identity may fetch tokens of which connection. Every finder verifies what it reads;
/// throws Tampered, StoreFault.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::bindings {

[[nodiscard]] std::optional<Binding> get(Transaction& tx, const BindingId& id);
/// Bindings that may hold for a process of that user: for the user itself, and for any group or unit. Oldest first, as
/// the others.
[[nodiscard]] std::vector<Binding> candidates(Transaction& tx, std::int64_t uid);
/// Of kind `connection`.
[[nodiscard]] std::vector<Binding> of_connection(Transaction& tx, const ConnectionId& connection);
/// Of kind `pattern`.
[[nodiscard]] std::vector<Binding> of_pattern(Transaction& tx, const AppId& app, const EnvironmentId& environment);
/// Patterns, and introspectors of the app's tokens alone.
[[nodiscard]] std::vector<Binding> of_app(Transaction& tx, const AppId& app);
/// Of any kind.
[[nodiscard]] std::vector<Binding> of_environment(Transaction& tx, const EnvironmentId& environment);
[[nodiscard]] std::vector<Binding> list(Transaction& tx);
/// Whether any binding asks for a group, or for a unit.
[[nodiscard]] bool any_for_group(Transaction& tx);
[[nodiscard]] bool any_for_unit(Transaction& tx);

}  // namespace jeton::vault::bindings
