/// New data keys, and the work that follows: every sealed value of the environment moves to the new key, in slices,
/// while tokens are served. Resumes after a restart, for the rows remember what they are sealed under.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/issuer/key_pair.hpp"
#include "daemon/vault/services/sealing.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// Gives the environment a new data key, at once; the one before it stays, wrapped, until the last value has moved, and
/// is then erased from all files. A local environment gets a new signing key, too (services/signing), of `pairs` where
/// they hold one. Refuses: not_found, wrong_state (the values of the last rotation still move).
[[nodiscard]] Result<Environment> rotate_data_key(Transaction& tx, const Peer& peer, std::string_view name,
                                                  UtcSeconds now, KeyPairs pairs = {});

/// A part of replacing the root key: begins a rotation now, or remembers to begin it when the one under way has ended.
/// The caller stores the row and writes the audit entry.
void rotate_or_remember(Transaction& tx, Environment& environment);

/// Values that are still under the key before the last one; 0 where no rotation is under way.
[[nodiscard]] std::int64_t values_left(Transaction& tx, const Environment& environment);

/// How far the moving has come, in memory; after a restart it looks through the rows again. One for the process.
struct Resealing {
    std::string instance;  ///< of the store: another one may hold other rows
    EnvironmentId environment;
    std::int64_t generation = 0;  ///< that values move to
    SealedWalk walk;
    std::string problem;  ///< why the last slice failed, for people; empty while all is well
};

/// Moves values while `has_time()`, at least a few rows of one environment; where all have moved, erases the retiring
/// key and begins the rotation that waits for it. Writes what it did into the audit. `progress` holds only if the
/// transaction is committed. False: nothing was to be done. Throws Tampered, naming a value that cannot be moved;
/// StoreFault.
[[nodiscard]] bool reseal_slice(Transaction& tx, Resealing& progress, const std::function<bool()>& has_time,
                                UtcSeconds now);

}  // namespace jeton::vault
