/// What store, group and transaction share: the connection, the keys, and the memory that rolls back with the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/keys/data_key.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/store/anchor.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/authority.hpp"
#include "daemon/vault/store/connection_order.hpp"
#include "daemon/vault/store/database.hpp"
#include "daemon/vault/store/faults.hpp"
#include "daemon/vault/store/kept_rows.hpp"
#include "daemon/vault/store/store_time.hpp"
#include "daemon/vault/store/table.hpp"

namespace jeton::vault {

/// Internal to this folder. Not thread-safe.
struct Engine {
    Engine(std::filesystem::path database_file, std::filesystem::path anchor_directory, const Clock& clock_to_use);

    std::filesystem::path file;
    const Clock* clock;
    StoreTime time;
    Anchor anchor;
    std::unique_ptr<Database> database;  ///< none = uninitialised, or unusable
    bool unusable = false;               ///< there is a file, but not one of ours: `reason` says why
    std::optional<RootKey> root;         ///< none = not unsealed
    Authority authority;
    ConnectionOrder connection_order;  ///< of the last walk (store/connections)
    KeptRows kept_rows;
    std::string instance;
    std::string reason;
    std::string host;

    /// Keeps keys and memory; throws std::logic_error where there is no root key.
    [[nodiscard]] const RootKey& root_key() const;
    [[nodiscard]] const DataKey& data_key(std::string_view environment, std::int64_t generation, const Bytes& wrapped);
    void new_instance();
    /// Drops root key, data keys and index.
    void forget();
    /// See `Transaction::destroys_key`.
    void destroys_key() { key_destroyed_ = true; }
    /// See `Transaction::replace_root`. The key before it comes back with the savepoint.
    void replace_root(RootKey next);
    /// Throws StoreFault; then it is tried again the next time.
    void finish_destroying_keys();

    // Rows, with MAC, index, set hash and audit in step.
    void insert(const TableInfo& table, const Record& record);
    void update(const TableInfo& table, const Record& record);
    void erase(const TableInfo& table, const std::string& id);
    /// For writes that are no authority: the group must be committed.
    void wrote() { savepoint_wrote_ = true; }
    [[nodiscard]] std::vector<Record> read(const TableInfo& table, std::string_view where,
                                           std::initializer_list<Value> parameters) const;
    /// The same row by row, until `visit` returns false; each is verified before it is shown.
    void each(const TableInfo& table, std::string_view where, std::initializer_list<Value> parameters,
              const std::function<bool(const Record&)>& visit) const;
    void append_audit(AuditEntry entry);
    /// Above `epochs` of another store; the next commit writes the anchor.
    void raise_epoch_above(std::int64_t epoch);

    // Group and savepoints.
    void begin_group();
    /// Rolls everything since `begin_group` back. Never throws.
    void abandon_group() noexcept;
    void commit_group();
    void begin_savepoint();
    void release_savepoint();
    /// Never throws; where SQLite cannot go back to the savepoint, the whole group is lost.
    void roll_back_savepoint() noexcept;
    [[nodiscard]] bool lost() const { return lost_; }

    void write_anchor();

    /// A commit was refused because it could not be synchronised, and stands in the write-ahead log all the same: who
    /// opens the store after a kill finds it made. The next commit overwrites it.
    [[nodiscard]] bool commit_is_in_doubt() const { return commit_in_doubt_; }
    /// An end has passed that the last commit did not know to have passed yet.
    [[nodiscard]] bool an_end_has_passed();
    /// Commits the time alone.
    void commit_time();

private:
    /// Before a write to a table of authority.
    void changes_rows();
    /// Throws Tampered unless it is the row that was written last.
    void verify(const TableInfo& table, const Record& row) const;
    [[nodiscard]] bool transaction_is_gone() const;
    void lose_group() noexcept;
    /// At once, by a commit of the time alone, if the disk takes one.
    void overwrite_refused_commit() noexcept;
    /// Back to what was the root key when `count` had been replaced in this group.
    void restore_root(std::size_t count) noexcept;

    using DataKeyName = std::tuple<std::string, std::int64_t, Bytes>;  ///< environment, generation, wrapped
    std::map<DataKeyName, DataKey> data_keys_;
    std::vector<RootKey> former_roots_;  ///< those that this group has replaced, oldest first
    std::size_t savepoint_roots_ = 0;    ///< how many there were before this savepoint
    Authority::Mark group_mark_;
    Authority::Mark savepoint_mark_;
    std::optional<UtcSeconds> next_end_;                                    ///< as of `next_end_known_at_`
    std::optional<std::pair<std::int64_t, UtcSeconds>> next_end_known_at_;  ///< epoch, high-water mark
    bool in_group_ = false;
    bool in_savepoint_ = false;
    bool begun_ = false;  ///< SQLite's transaction of this group
    bool lost_ = false;
    bool savepoint_wrote_ = false;
    bool group_wrote_ = false;
    bool commit_in_doubt_ = false;
    /// True at first: a vault that was killed may have left a key in the write-ahead log.
    bool key_destroyed_ = true;
};

}  // namespace jeton::vault
