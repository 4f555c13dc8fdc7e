/// Backups: the whole store but tokens, tickets and the host's own key slots, sealed for passphrase and recovery key
/// (docs/backup-format.md). Made in slices, so that nobody waits for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/keys/backup_stream.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/store/snapshot.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

inline constexpr std::chrono::seconds backup_idle{30};  ///< a backup that nobody goes on with ends

/// A backup that is being made.
struct RunningBackup {
    std::string id;
    std::int64_t uid = -1;  ///< who makes it
    std::string user;
    std::string instance;  ///< of the store that it is made of
    RootKey root;          ///< under which its key is
    Snapshot snapshot;
    BackupSealer sealer;
    Bytes content;  ///< read and not sealed yet
    bool is_read = false;
    std::int64_t next_page = 0;
    Deadline ends;
};
/// At most one at a time.
using BackupInProgress = std::optional<RunningBackup>;

/// The next piece of the file.
struct BackupPage {
    Bytes bytes;
    bool is_last = false;
    std::int64_t rows = 0;     ///< read so far
    std::int64_t entries = 0;  ///< of the audit
};

/// Begins one and gives back the beginning of the file. Whoever asks has proved that it holds a key: the caller's part.
/// Refuses: wrong_state (no passphrase and no recovery key is there to open it with; another one is being made).
[[nodiscard]] Result<Bytes> begin_backup(Transaction& tx, const Peer& peer, BackupInProgress& backup,
                                         const Clock& clock);

/// Page `number`, from 0 on, each once and in this order. At most 5 ms of work. Ends it with the last page.
/// Refuses: wrong_state (it has ended; the store was opened anew or got another root key; what changed since its
/// beginning was pruned from the audit; the number is not the next).
[[nodiscard]] Result<BackupPage> next_page(Transaction& tx, const Peer& peer, BackupInProgress& backup,
                                           std::string_view id, std::int64_t number, const Clock& clock);

/// Gives it up. What has ended already is fine.
void end_backup(const Peer& peer, BackupInProgress& backup, std::string_view id);

/// Forgets one that nobody goes on with. To be called now and then.
void end_idle(BackupInProgress& backup, const Clock& clock);

}  // namespace jeton::vault
