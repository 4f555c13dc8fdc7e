#include "daemon/vault/store/row_scan.hpp"

#include <cstddef>
#include <future>
#include <utility>
#include <vector>

#include "daemon/vault/keys/macs.hpp"
#include "daemon/vault/keys/tampered.hpp"

namespace jeton::vault {
namespace {

/// A row as it came: its id first, its MAC last.
struct UncheckedRow {
    const TableInfo* table;
    Record record;
};

/// Verifies rows in the order in which they come: one batch while the next one is read.
class Checker {
public:
    Checker(const RootKey& root, Authority& authority) : root_(root), authority_(authority) {}
    ~Checker() = default;  // waits for what is being checked
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;

    /// False: one that came before does not hold.
    [[nodiscard]] bool take(UncheckedRow row) {
        batch_.push_back(std::move(row));
        if (batch_.size() < batch_rows) return true;
        wait();
        if (bad_) return false;
        running_ = std::async(std::launch::async, [this, rows = std::exchange(batch_, {})] { check(rows); });
        batch_.reserve(batch_rows);
        return true;
    }
    /// What is wrong with the first one that does not hold.
    [[nodiscard]] std::optional<std::string> finish() {
        wait();
        check(batch_);
        return bad_;
    }

private:
    static constexpr std::size_t batch_rows = 1024;  ///< some 2 MB; a store with fewer never starts a thread

    void wait() {
        if (running_.valid()) running_.get();
    }
    void check(const std::vector<UncheckedRow>& rows) {
        for (const auto& row : rows) {
            if (bad_) return;
            check(*row.table, row.record);
        }
    }
    void check(const TableInfo& table, const Record& record) {
        const auto* id = std::get_if<std::string>(record.data());
        const auto* stored = std::get_if<Bytes>(&record.back());
        if (id == nullptr || stored == nullptr) {
            bad_ = Tampered(table.name, id == nullptr ? "without id" : *id).what();
            return;
        }
        const auto mac = row_mac(root_, table.name, *id, canonical_columns(table, record));
        if (same_mac(mac, *stored)) {
            authority_.learn(root_, table, *id, mac);
        } else {
            bad_ = Tampered(table.name, *id).what();
        }
    }

    const RootKey& root_;
    Authority& authority_;
    std::vector<UncheckedRow> batch_;
    std::optional<std::string> bad_;  ///< touched by who checks, and looked at when it has ended
    std::future<void> running_;
};

}  // namespace

std::optional<std::string> scan_rows(Database& database, const RootKey& root, Authority& authority) {
    Checker checker{root, authority};
    for (const auto* table : authority_tables()) {
        bool holds = true;
        database.each(table->select, {}, [&](Record& record) {
            holds = checker.take({table, std::move(record)});
            return holds;
        });
        if (!holds) break;
    }
    return checker.finish();
}

}  // namespace jeton::vault
