/// The whole store as a backup takes it: consistent though it is read in slices while the store goes on changing
/// (docs/decisions/0022).
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/keys/macs.hpp"
#include "daemon/vault/store/table.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// First all rows, table by table; then the audit, which names every row that was changed meanwhile; then those rows
/// again, until none is left and the audit is at its end. What was read by then is the store at that moment. Tickets
/// and the key slots of this host are left out. A value: where it has come. Not thread-safe.
class Snapshot {
public:
    static constexpr std::int64_t slice_rows = 96;  ///< in one slice: below 5 ms of work

    explicit Snapshot(Transaction& tx);

    /// Entries of changes since its beginning were pruned before they were read: the entry of the pruning tells of rows
    /// that are there, not of those that were deleted. Nothing that is read from then on is the whole store.
    [[nodiscard]] bool has_missed_changes(Transaction& tx) const;

    /// Appends the items of the next slice to `content`; true when nothing is left to read. Not to be called after
    /// that. Throws Tampered where a row is not what jeton wrote, StoreFault.
    [[nodiscard]] bool read_slice(Transaction& tx, Bytes& content);

    [[nodiscard]] std::int64_t rows() const { return rows_; }        ///< read so far; one that changed counts twice
    [[nodiscard]] std::int64_t entries() const { return entries_; }  ///< of the audit

private:
    using RowName = std::pair<const TableInfo*, std::string>;

    std::int64_t read_table(Transaction& tx, Bytes& content, std::int64_t limit);
    std::int64_t read_audit(Transaction& tx, Bytes& content, std::int64_t limit);
    std::int64_t read_changed(Transaction& tx, Bytes& content, std::int64_t limit);
    void write_end(Transaction& tx, Bytes& content) const;
    void skip_pruned(Transaction& tx);

    std::int64_t changes_from_;  ///< rows that an entry behind this one names are read again
    std::size_t table_ = 0;      ///< ordinal of the table that is being read
    std::string last_id_;        ///< of its rows read so far
    std::int64_t last_entry_ = 0;
    Mac last_hash_{};
    std::set<RowName> changed_;
    std::int64_t rows_ = 0;
    std::int64_t entries_ = 0;
};

}  // namespace jeton::vault
