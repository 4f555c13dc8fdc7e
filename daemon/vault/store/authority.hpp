/// The store's memory: what the rows must be, how far epoch and audit have come. Rolls back with its savepoint.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/keys/macs.hpp"
#include "daemon/vault/store/mac_index.hpp"
#include "daemon/vault/store/table.hpp"
#include "daemon/vault/store/tables.hpp"

namespace jeton::vault {

/// The end of the audit chain. `sequence` 0 = no entry yet, hash all zero.
struct AuditHead {
    std::int64_t sequence = 0;
    Mac hash{};
    bool operator==(const AuditHead&) const = default;
};

/// What stands sealed in the state row.
struct Counters {
    std::int64_t epoch = 0;
    AuditHead audit;
    SetHash set;
    UtcSeconds high_water{};  ///< the latest wall time seen
    bool operator==(const Counters&) const = default;
};

/// One authority change as the audit keeps it; no MAC = the row was deleted.
struct RowChange {
    std::string table;
    std::string id;
    std::optional<Mac> mac;
};

/// Not thread-safe.
class Authority {
public:
    /// A point to come back to.
    struct Mark {
        Counters counters;
        std::size_t undo = 0;
    };

    [[nodiscard]] const Counters& counters() const { return counters_; }
    [[nodiscard]] Counters& counters() { return counters_; }

    /// The MAC that the row must have; nothing = there is no such row.
    [[nodiscard]] const Mac* find(const TableInfo& table, std::string_view id) const;
    [[nodiscard]] std::size_t rows(const TableInfo& table) const { return index_.at(table.ordinal).size(); }
    /// Some row of the index that is not among `ids` (sorted); empty where all are.
    [[nodiscard]] std::string missing_from(const TableInfo& table, const std::vector<std::string>& ids) const;

    /// Records a change: index, set hash, epoch (once a savepoint), and what the next audit entry must take.
    void change(const RootKey& root, const TableInfo& table, const std::string& id, const std::optional<Mac>& mac);
    /// A row found at unseal, into index and set hash only.
    void learn(const RootKey& root, const TableInfo& table, const std::string& id, const Mac& mac);

    /// Under another set hash key: one hash for each row. Grows the epoch, so that the anchor learns the new digest.
    void rehash(const RootKey& root);
    /// What told of `changes` goes away: the next audit entry tells again of those rows that are still as it said.
    void tell_again(const std::vector<RowChange>& changes);
    /// Some row that is not among `known`; nothing where all are.
    [[nodiscard]] std::optional<RowChange> row_beyond(const std::set<std::pair<std::string, std::string>>& known) const;
    /// For the next audit entry: a row that the audit knows of is not here.
    void note_absent(std::string table, std::string id) {
        pending_.push_back({std::move(table), std::move(id), std::nullopt});
    }

    [[nodiscard]] std::vector<RowChange> take_pending() { return std::exchange(pending_, {}); }
    [[nodiscard]] bool has_pending() const { return !pending_.empty(); }

    /// A savepoint begins.
    [[nodiscard]] Mark mark();
    void roll_back_to(const Mark& mark);
    /// The group is durable: nothing can be undone any more.
    void forget_undo() { undo_.clear(); }

private:
    struct Undo {
        std::size_t table;
        std::string id;
        std::optional<Mac> before;
    };
    Counters counters_;
    std::array<MacIndex, authority_table_count> index_;
    std::vector<Undo> undo_;
    std::vector<RowChange> pending_;
    void grow_epoch();

    bool epoch_grown_ = false;  ///< in this savepoint
};

}  // namespace jeton::vault
