/// Restoring: a backup is read into a store beside the present one, compared with it, and takes its place on
/// confirmation (docs/backup-format.md, decision 0022).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/keys/backup_stream.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/services/comparison.hpp"
#include "daemon/vault/store/backup_content.hpp"
#include "daemon/vault/store/restored_store.hpp"
#include "daemon/vault/store/store.hpp"

namespace jeton::vault {

inline constexpr std::chrono::minutes restore_idle{10};  ///< a person may look at the comparison for so long

/// What the backup, checked as a whole, would change.
struct CheckedRestore {
    bool is_compared = false;                      ///< false: nobody can tell what would change
    std::string why_not_compared = "is not open";  ///< said of the present store
    bool is_other_store = false;                   ///< it has another root key than the one that is here
    std::vector<Difference> differences;
    std::string instance;  ///< of the present store, when this was checked; empty: it was not open
    std::int64_t epoch = 0;
};

/// A restore that is not confirmed yet.
struct RunningRestore {
    std::string id;
    std::int64_t uid = -1;  ///< who restores
    std::string user;
    UtcSeconds made_at{};  ///< of the backup
    std::string host;      ///< where it was made
    BackupOpener opener;
    std::unique_ptr<RestoredStore> store;
    Bytes unread;            ///< of the file: the beginning of a frame
    bool has_ended = false;  ///< the last frame was read
    std::int64_t next_page = 1;
    std::optional<CheckedRestore> checked;
    Deadline ends;
};
/// At most one at a time.
using RestoreInProgress = std::optional<RunningRestore>;

/// Begins with the first bytes of the file: the whole clear part, the start of the stream, and what follows. `root` is
/// what a slot of the header gave; whoever asks typed what opens it.
/// Refuses: mismatch (too short, altered, or the slot belongs to another store), wrong_state (another restore is going
/// on). Throws StoreFault.
[[nodiscard]] Result<const RunningRestore*> begin_restore(Store& store, const Peer& peer, RestoreInProgress& restore,
                                                          const backup::ParsedHeader& header, const RootKey& root,
                                                          std::span<const unsigned char> file, const Clock& clock);

/// The running restore of that id, if it is this peer's. Refuses `wrong_state` where it has ended.
[[nodiscard]] Result<RunningRestore*> find_restore(RestoreInProgress& restore, const Peer& peer, std::string_view id,
                                                   const Clock& clock);

/// The next bytes of the file, cut anywhere; page `number`, from 1 on, each once and in this order.
/// Refuses: mismatch (altered, out of order, or bytes behind the end), wrong_state. Any refusal ends the restore.
/// Throws StoreFault.
[[nodiscard]] Result<void> take_page(RestoreInProgress& restore, const Peer& peer, std::string_view id,
                                     std::int64_t number, std::span<const unsigned char> bytes, const Clock& clock);

/// After the last byte: checks the backup as a whole and compares it with the present store, which is not changed. A
/// present store that was edited outside jeton is not compared, and is no reason to refuse: it is what a backup is for.
/// Refuses: mismatch (truncated, or it does not hold together). A longer work. Throws StoreFault.
[[nodiscard]] Result<const RunningRestore*> check_restore(Store& store, RestoreInProgress& restore, const Peer& peer,
                                                          std::string_view id, const Clock& clock);

struct Restored {
    std::optional<std::filesystem::path> kept;  ///< where the old database is now; nothing: there was none
    std::int64_t epoch = 0;
    std::string opens_by;  ///< how the store will be opened at the next start, a sentence
};
/// Puts it in the place of the present store: new instance, epoch above both, local tokens of before void, slots for
/// this host, an audit entry `store.restored`. Before it is decided nothing has changed; after a power cut either the
/// old store is there or the new one.
/// Refuses: wrong_state (not checked; the present store changed since it was compared). Throws StoreFault.
[[nodiscard]] Result<Restored> confirm_restore(Store& store, const Config& config, RestoreInProgress& restore,
                                               const Peer& peer, std::string_view id, const Clock& clock);

/// Gives it up; nothing of it is left. What has ended already is fine.
void end_restore(RestoreInProgress& restore, const Peer& peer, std::string_view id);

/// Forgets one that nobody goes on with, and its files. To be called now and then.
void end_idle(RestoreInProgress& restore, const Clock& clock);

}  // namespace jeton::vault
