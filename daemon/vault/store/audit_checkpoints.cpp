#include "daemon/vault/store/audit_checkpoints.hpp"

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const AuditCheckpoint&);
template void Transaction::update(const AuditCheckpoint&);
template void Transaction::erase(const AuditCheckpoint&);

}  // namespace jeton::vault

namespace jeton::vault::audit_checkpoints {

std::optional<AuditCheckpoint> find(Transaction& tx) {
    auto found = rows::all<AuditCheckpoint>(tx, "ORDER BY sequence DESC");
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

}  // namespace jeton::vault::audit_checkpoints
