/// Table `audit_checkpoints`: where the audit begins. Verifies what it reads; throws Tampered, StoreFault.
#pragma once

#include <optional>

#include "daemon/vault/domain/audit_checkpoint.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::audit_checkpoints {

/// Nothing where the audit was never pruned.
[[nodiscard]] std::optional<AuditCheckpoint> find(Transaction& tx);

}  // namespace jeton::vault::audit_checkpoints
