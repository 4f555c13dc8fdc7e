/// Tells the vault what is served from the cache, for the audit and the dates of last use.
#pragma once

#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

/// Reports everything counted so far; what the vault does not take is kept for the next time.
[[nodiscard]] Task<void> report_usage(Desk& desk);

/// Where each token has its entry in the audit, a decision is repeated only once the vault has written that down, and
/// it does so in the epoch of the decision alone. Uses that wait at the same time share one question, as they share a
/// commit. False: nothing was written, the question is to be decided anew. Refuses what the vault refuses.
[[nodiscard]] Task<Result<bool>> note_use(Desk& desk, Use use);

}  // namespace jeton::front
