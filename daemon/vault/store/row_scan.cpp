#include "daemon/vault/store/row_scan.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
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

/// Verifies rows in the order in which they come: one batch while the next one is read. One thread does it from the
/// second batch on, for the whole of a scan: one for each batch would often begin on the processor of whoever reads.
class Checker {
public:
    Checker(const RootKey& root, Authority& authority) : root_(root), authority_(authority) {}
    ~Checker() { join(); }
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;

    /// False: one that came before does not hold.
    [[nodiscard]] bool take(UncheckedRow row) {
        batch_.push_back(std::move(row));
        if (batch_.size() < batch_rows) return true;
        if (!thread_.joinable()) thread_ = std::thread{[this] { check_all(); }};
        hand_over();
        return !has_failed_;
    }
    /// What is wrong with the first one that does not hold.
    [[nodiscard]] std::optional<std::string> finish() {
        join();
        check(batch_);
        return bad_;
    }

private:
    static constexpr std::size_t batch_rows = 1024;  ///< some 1 MB; a store with fewer never starts a thread

    void hand_over() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return next_.empty(); });
        next_ = std::exchange(batch_, {});
        batch_.reserve(batch_rows);
        changed_.notify_one();
    }
    void join() {
        if (!thread_.joinable()) return;
        {
            const std::scoped_lock lock{mutex_};
            was_last_ = true;
            changed_.notify_one();
        }
        thread_.join();
    }
    /// The thread.
    void check_all() {
        for (;;) {
            std::vector<UncheckedRow> rows;
            {
                std::unique_lock lock{mutex_};
                changed_.wait(lock, [this] { return !next_.empty() || was_last_; });
                if (next_.empty()) return;
                rows = std::exchange(next_, {});
                changed_.notify_one();
            }
            check(rows);
        }
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
            return fail(Tampered(table.name, id == nullptr ? "without id" : *id));
        }
        const auto mac = row_mac(root_, table.name, *id, canonical_columns(table, record));
        if (same_mac(mac, *stored)) {
            authority_.learn(root_, table, *id, mac);
        } else {
            fail(Tampered(table.name, *id));
        }
    }
    void fail(const Tampered& row) {
        bad_ = row.what();
        has_failed_ = true;
    }

    const RootKey& root_;
    Authority& authority_;
    std::vector<UncheckedRow> batch_;
    std::optional<std::string> bad_;  ///< touched by who checks, and looked at when it has ended
    std::atomic<bool> has_failed_ = false;
    std::mutex mutex_;  ///< of what follows
    std::condition_variable changed_;
    std::vector<UncheckedRow> next_;  ///< to be checked; empty once the thread has it
    bool was_last_ = false;
    std::thread thread_;
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
