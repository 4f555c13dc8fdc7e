/// What a service sees of the store: rows, keys and the audit, inside one savepoint.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/keys/data_key.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/faults.hpp"
#include "daemon/vault/store/value.hpp"

namespace jeton::vault {

struct Engine;
struct TableInfo;

/// Made by `Group::attempt`, lives as long as its callable runs. Not thread-safe. Every member throws StoreFault where
/// the disk fails, and std::logic_error where a rule of the schema is broken (services check first).
class Transaction {
public:
    explicit Transaction(Engine& engine) : engine_(&engine) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    [[nodiscard]] const RootKey& root() const;
    /// The data key of now, for what is sealed anew. Unwrapped at first use; the reference lives as long as the
    /// transaction. Throws Tampered.
    [[nodiscard]] const DataKey& data_key(const Environment& environment);
    /// The one that the value at `place` is sealed under: the data key of now or, while rows are moved to it, the
    /// retiring one. Throws Tampered, naming the row, for any other generation (T29).
    [[nodiscard]] const DataKey& data_key(const Environment& environment, const SealedPlace& place);
    /// From here on `next`, a successor, is the root key, of this transaction too. The caller has wrapped slots and
    /// data keys under it and stores them. What the store itself keeps under the root key is moved: one hash for each
    /// row, about a second for a million of them. Destroys the key before it.
    void replace_root(RootKey next);
    /// This change overwrites a wrapped key that must not be found in any file again: after the commit the write-ahead
    /// log is moved into the database and emptied (`Store::finish_destroying_keys`).
    void destroys_key();

    /// Authority rows, with their MACs. `Row` is a struct of `domain/` that has a table. `id` must not be empty.
    template <class Row>
    void insert(const Row& row);
    /// The row with the same id; throws Tampered where it is not what was written before.
    template <class Row>
    void update(const Row& row);
    template <class Row>
    void erase(const Row& row);

    /// Appends to the chain; takes the authority changes made since the last append in this savepoint. A savepoint that
    /// ends with changes that no entry took throws std::logic_error (T33).
    void append_audit(const AuditEntry& entry);

    /// With what this savepoint has changed so far: one more than before it where it changed authority rows.
    [[nodiscard]] std::int64_t epoch() const;
    [[nodiscard]] const std::string& instance() const;
    /// The time that deadlines are judged by and made of: the latest that the store has seen, and never slower than the
    /// boot clock. What has passed stays passed though the wall clock is set back (T48).
    [[nodiscard]] UtcSeconds high_water() const;

    /// For the files of this folder only. Rows whose MAC and identity are verified, in the order of the table's
    /// columns.
    [[nodiscard]] std::vector<Record> read(const TableInfo& table, std::string_view where,
                                           std::initializer_list<Value> parameters);
    [[nodiscard]] Engine& engine() { return *engine_; }

private:
    Engine* engine_;
};

}  // namespace jeton::vault
