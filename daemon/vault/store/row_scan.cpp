#include "daemon/vault/store/row_scan.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/vault/keys/macs.hpp"
#include "daemon/vault/keys/tampered.hpp"

namespace jeton::vault {
namespace {

/// What is to be checked of a row. Its columns, as the MAC is over them, stand in its batch.
struct UncheckedRow {
    const TableInfo* table;
    std::string id;          ///< empty where there is none
    std::optional<Mac> mac;  ///< as it is stored; nothing where that is no MAC
    std::size_t begin;
    std::size_t end;
};

/// Rows as they came, in one piece of memory: a piece for each of their cells would cost more than to check them.
class Batch {
public:
    static constexpr std::size_t rows_in_one = 1024;  ///< some 700 kB; a store with fewer never starts a thread

    void add(const TableInfo& table, const Cells& cells) {
        auto& row = rows_.emplace_back(UncheckedRow{&table, {}, {}, bytes_.size(), 0});
        const auto id = cells(0);
        if (const auto* text = std::get_if<std::string_view>(&id)) row.id = *text;
        const auto stored = cells(table.columns.size());
        const auto* mac = std::get_if<std::span<const unsigned char>>(&stored);
        if (mac != nullptr && mac->size() == std::tuple_size_v<Mac>) std::ranges::copy(*mac, row.mac.emplace().begin());
        Fields fields{std::move(bytes_)};
        add_canonical_columns(fields, table, cells);
        bytes_ = fields.take();
        row.end = bytes_.size();
    }
    [[nodiscard]] bool is_full() const { return rows_.size() >= rows_in_one; }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    /// Its memory stays for those that follow.
    void clear() {
        rows_.clear();
        bytes_.clear();
    }
    [[nodiscard]] const std::vector<UncheckedRow>& rows() const { return rows_; }
    [[nodiscard]] std::span<const unsigned char> columns(const UncheckedRow& row) const {
        return std::span{bytes_}.subspan(row.begin, row.end - row.begin);
    }

private:
    Bytes bytes_;
    std::vector<UncheckedRow> rows_;
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
    [[nodiscard]] bool take(const TableInfo& table, const Cells& cells) {
        batch_.add(table, cells);
        if (!batch_.is_full()) return true;
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
    void hand_over() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return next_.empty(); });
        std::swap(next_, batch_);
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
        for (Batch batch;; batch.clear()) {
            {
                std::unique_lock lock{mutex_};
                changed_.wait(lock, [this] { return !next_.empty() || was_last_; });
                if (next_.empty()) return;
                std::swap(batch, next_);
                changed_.notify_one();
            }
            check(batch);
        }
    }
    void check(const Batch& batch) {
        for (const auto& row : batch.rows()) {
            if (bad_) return;
            const auto mac = row_mac(root_, row.table->name, row.id, batch.columns(row));
            if (row.id.empty() || !row.mac || !same_mac(mac, *row.mac))
                return fail(Tampered(row.table->name, row.id.empty() ? "without id" : row.id));
            authority_.learn(root_, *row.table, row.id, mac);
        }
    }
    void fail(const Tampered& row) {
        bad_ = row.what();
        has_failed_ = true;
    }

    const RootKey& root_;
    Authority& authority_;
    Batch batch_;
    std::optional<std::string> bad_;  ///< touched by who checks, and looked at when it has ended
    std::atomic<bool> has_failed_ = false;
    std::mutex mutex_;  ///< of what follows
    std::condition_variable changed_;
    Batch next_;  ///< to be checked; empty once the thread has it
    bool was_last_ = false;
    std::thread thread_;
};

}  // namespace

std::optional<std::string> scan_rows(Database& database, const RootKey& root, Authority& authority) {
    Checker checker{root, authority};
    for (const auto* table : authority_tables()) {
        bool holds = true;
        database.each_in_place(table->select, [&](const Cells& cells) {
            holds = checker.take(*table, cells);
            return holds;
        });
        if (!holds) break;
    }
    return checker.finish();
}

}  // namespace jeton::vault
