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
    /// Unwrapped at first use and kept until `Store::seal`; the reference lives as long. Throws Tampered.
    [[nodiscard]] const DataKey& data_key(const Environment& environment);

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
