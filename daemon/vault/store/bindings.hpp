/// Table `bindings`: which local identity may fetch tokens of which connection. Every finder verifies what it reads;
/// throws Tampered, StoreFault.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::bindings {

/// Oldest first, all three.
[[nodiscard]] std::vector<Binding> of_uid(Transaction& tx, std::int64_t uid);
[[nodiscard]] std::vector<Binding> of_connection(Transaction& tx, const ConnectionId& connection);
[[nodiscard]] std::vector<Binding> list(Transaction& tx);

}  // namespace jeton::vault::bindings
