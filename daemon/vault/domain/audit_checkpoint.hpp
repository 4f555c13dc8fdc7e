/// Where the audit begins after older entries were pruned: the chain goes on from this hash.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

/// There is at most one.
struct AuditCheckpoint {
    AuditCheckpointId id;
    std::int64_t sequence = 0;  ///< of the last entry that was pruned
    Bytes hash;                 ///< the chain's hash at that entry
    UtcSeconds at{};
    std::string pruned_by;
};

}  // namespace jeton::vault
