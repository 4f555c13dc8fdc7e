/// The vault's store: one SQLite file that is not trusted, and an anchor beside it that notices when it is rolled back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/store/faults.hpp"
#include "daemon/vault/store/group.hpp"
#include "daemon/vault/store/migration.hpp"
#include "daemon/vault/store/replacement.hpp"
#include "daemon/vault/store/restored_store.hpp"

namespace jeton::vault {

enum class StoreState { uninitialised, sealed, unsealed };

[[nodiscard]] std::string_view name_of(StoreState state);

/// Owns the connection, and while unsealed the keys and the memory index. Not thread-safe.
class Store {
public:
    /// Finishes a restore that was decided and interrupted. Opens the database and leaves it sealed; no file (or one
    /// that never got its first commit) = uninitialised. An older one is migrated, having been copied. A file that
    /// cannot be used (newer schema, T51; damaged; schema that is not jeton's, T28; wrong owner or mode) is not
    /// touched: the store stays sealed and `reason` says why. Waits at most 5 s for a dying vault's lock, then throws
    /// StoreInUse; throws StoreFault where the disk fails. `clock` must outlive it.
    Store(StoreFiles files, const Clock& clock);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    [[nodiscard]] StoreState state() const;
    /// Why it is not unsealed, for a person; empty while it is.
    [[nodiscard]] const std::string& reason() const;
    /// 32 characters `[0-9a-f]`; new at each start, seal and unseal.
    [[nodiscard]] const std::string& instance() const;
    /// 0 while not unsealed.
    [[nodiscard]] std::int64_t epoch() const;

    /// The last entry of the audit; 0 while not unsealed.
    [[nodiscard]] std::int64_t last_entry() const;
    /// The one that was the last when the store was opened or made: what came with the opening is behind it.
    [[nodiscard]] std::int64_t last_entry_at_opening() const { return last_entry_at_opening_; }

    /// Creates database and anchor (anchor first) and leaves the store unsealed, at epoch 1.
    /// Refuses `wrong_state` where a database exists, or an anchor that has seen one.
    [[nodiscard]] Result<void> initialise(RootKey root, const std::vector<KeySlot>& slots);

    /// Readable while sealed, and then not yet believed: a slot is believed when what it opens unseals the store.
    [[nodiscard]] std::vector<KeySlot> slots();

    /// Checks all authority rows, the state row, the audit chain and the anchor (docs/database.md), and builds the
    /// memory index. Refuses `mismatch`, naming table and id, where a row was altered; `mismatch` where the store is
    /// older than its anchor, or the anchor is missing, unless `accept_rollback`. Then it gives back what is lost, one
    /// line each, has written it into the audit, and the epoch is above both. It stays sealed where it refuses, and
    /// `reason` says why.
    [[nodiscard]] Result<std::vector<std::string>> unseal(RootKey root, bool accept_rollback);

    /// Forgets keys and index. `why` becomes `reason`, also where it was sealed before.
    void seal(std::string why = "sealed on request");

    /// Throws std::logic_error unless unsealed.
    [[nodiscard]] Group group();

    /// How far the wall clock is behind the time that the store goes by (T48); 0 where it is not.
    [[nodiscard]] std::chrono::seconds clock_is_behind();
    /// The time that deadlines are judged by.
    [[nodiscard]] UtcSeconds time();
    /// Where a deadline has passed since the last commit, makes that durable: it stays passed whatever the clock says
    /// after a crash. Likewise that what a failed disk has refused did not happen. Costs nothing where there is
    /// neither. Throws StoreFault.
    void note_ends();
    /// Makes the time durable in any case, before the daemon ends. Nothing where it is not unsealed. Throws StoreFault.
    void keep_time();
    /// The highest epoch that is known of this place: of the store while it is unsealed, else what the anchor claims,
    /// unverified; 0 where nothing was ever here.
    [[nodiscard]] std::int64_t known_epoch() const;
    /// Room beside the store for one that is restored; at most one at a time. In any state. Throws StoreFault.
    [[nodiscard]] std::unique_ptr<RestoredStore> prepare_restore(RootKey root);
    /// Puts `next`, which is whole, in place of this store, unsealed and with a new instance. In any state, not inside
    /// a group. Gives back the name under which the old database is kept; nothing where there was none. Throws
    /// StoreFault: then the old store is there as before, unless `stored`: then the new one is there at the next start
    /// of the daemon, and until then there is none.
    [[nodiscard]] std::optional<std::filesystem::path> replace_with(RestoredStore& next);

    /// The database as it was before migrations, the newest first. In any state. Never throws.
    [[nodiscard]] std::vector<KeptStore> kept_before_migrations() const;

    /// Moves the write-ahead log into the database file and empties it. Throws StoreFault.
    void checkpoint();
    /// The same, where a transaction has destroyed a key since the last time, or the vault has just started; and
    /// forgets the data keys in memory. To be called after each commit, not inside a group. Nothing to do: costs
    /// nothing. Throws StoreFault; then the next call tries again.
    void finish_destroying_keys();

private:
    friend struct StoreProbe;  ///< tests reach the open database through it; nothing else defines it
    void open();

    StoreFiles files_;
    std::int64_t last_entry_at_opening_ = 0;
    std::optional<KeptStore> kept_before_;  ///< of a migration that the audit does not tell of yet
    std::unique_ptr<Engine> engine_;
};

}  // namespace jeton::vault
