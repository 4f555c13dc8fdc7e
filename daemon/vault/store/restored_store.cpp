#include "daemon/vault/store/restored_store.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "daemon/base/files.hpp"
#include "daemon/base/log.hpp"
#include "daemon/vault/keys/fields.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/backup_content.hpp"
#include "daemon/vault/store/engine.hpp"
#include "daemon/vault/store/migration.hpp"
#include "daemon/vault/store/open_checks.hpp"
#include "daemon/vault/store/schema.hpp"
#include "daemon/vault/store/state_row.hpp"
#include "daemon/vault/store/tables.hpp"
#include "daemon/vault/store/unseal_checks.hpp"

namespace jeton::vault {
namespace {

/// Bytes. SQLite takes no row of more than 10^9, so no store has one that makes a longer item: an audit entry may tell
/// of every row there is. Room is taken for what has come, whatever length is said to come.
constexpr std::size_t item_max = 1024UZ * 1024 * 1024;

Error not_content() {
    return refuse(Errc::mismatch, "the backup holds something that this version of jeton does not know",
                  "take another copy of it, or install the version that made it");
}

Value as_value(const Mac& mac) { return Bytes{mac.begin(), mac.end()}; }

/// Where a name was given to another row while the backup was made, the later row has it.
void put(Database& database, const backup::RowItem& row) {
    auto cells = row.record;
    cells.push_back(as_value(row.mac));
    database.run("INSERT OR REPLACE" + row.table->insert.substr(std::string_view{"INSERT"}.size()),  // sql: fixed text
                 cells);
}

void put(Database& database, const backup::EntryItem& entry) {
    static const auto sql = [] {
        std::string names;
        std::string marks;
        for (const auto column : audit::columns()) {
            (names += names.empty() ? "" : ", ") += column;
            marks += marks.empty() ? "?" : ", ?";
        }
        return "INSERT INTO audit (" + names + ") VALUES (" + marks + ")";  // sql: fixed text
    }();
    database.run(sql, entry.record);
}

void put(Database& database, const backup::GoneItem& gone) {
    database.run("DELETE FROM " + std::string{gone.table->name} + " WHERE id = ?", {gone.id});  // sql: fixed text
}

}  // namespace

RestoredStore::RestoredStore(StoreFiles files, RootKey root, const Clock& clock)
    : files_(std::move(files)), root_(std::move(root)) {
    for (const auto& directory : {files_.database.parent_path(), files_.anchor_directory}) {
        if (const auto made = ensure_private_directory(directory); !made) throw StoreFault(made.error().what);
    }
    replacement::discard(files_);
    engine_ = std::make_unique<Engine>(replacement::new_database(files_), files_.anchor_directory, clock);
    engine_->anchor = Anchor{files_.anchor_directory, replacement::new_anchor_name};
    engine_->database = create_database(engine_->file);
    engine_->database->execute("BEGIN IMMEDIATE");  // one commit for the schema and for all that is taken
    for (const auto& step : migrations()) apply_migration(*engine_->database, step.to);
}

RestoredStore::~RestoredStore() {
    if (kept_) return;
    try {
        engine_.reset();
        replacement::discard(files_);
    } catch (const std::exception& fault) {
        log::warning("what was left of a restore is removed at the next start: {}", fault.what());
    }
}

Result<void> RestoredStore::take(std::span<const unsigned char> content) {
    rest_.insert(rest_.end(), content.begin(), content.end());
    std::span<const unsigned char> unread{rest_};
    while (!unread.empty()) {
        FieldReader reader{unread};
        const auto length = reader.number();
        if (!length) break;
        if (*length < 0 || static_cast<std::size_t>(*length) > item_max) return not_content();
        const auto whole = sizeof(std::int64_t) + static_cast<std::size_t>(*length);
        if (unread.size() < whole) break;
        if (auto taken = take_item(unread.subspan(sizeof(std::int64_t), whole - sizeof(std::int64_t))); !taken)
            return taken.error();
        unread = unread.subspan(whole);
    }
    rest_.erase(rest_.begin(), rest_.end() - static_cast<std::ptrdiff_t>(unread.size()));
    return {};
}

Result<void> RestoredStore::take_item(std::span<const unsigned char> bytes) {
    auto item = backup::parse_item(bytes);
    if (!item || ended_) return not_content();
    try {
        std::visit(
            [&](auto& what) {
                using T = std::decay_t<decltype(what)>;
                if constexpr (std::is_same_v<T, backup::EndItem>) {
                    write_state(*engine_->database, std::move(what.sealed_state));
                    ended_ = true;
                } else if constexpr (std::is_same_v<T, backup::LeftOutItem>) {
                    left_out_.emplace_back(what.table->name, std::move(what.id));
                } else {
                    put(*engine_->database, what);
                    if constexpr (std::is_same_v<T, backup::EntryItem>) ++entries_;
                }
            },
            *item);
    } catch (const std::logic_error&) {  // what the schema does not allow
        return not_content();
    }
    return {};
}

Result<void> RestoredStore::finish_taking() {
    if (!ended_ || !rest_.empty()) return not_content();
    auto& database = *engine_->database;
    // Of what was pruned while the backup was made, the first pages are still in it.
    database.run("DELETE FROM audit WHERE sequence <= (SELECT ifnull(max(sequence), 0) FROM audit_checkpoints)");
    database.execute("COMMIT");
    auto checked = check_store(database, engine_->anchor, root_, true);
    if (!checked) {
        auto refused = checked.error();
        refused.what = "the backup does not hold together: " + refused.what;
        refused.next = "take another backup";
        return refused;
    }
    engine_->authority = std::move(checked->authority);
    engine_->root.emplace(root_.copy());
    for (const auto* table : authority_tables()) rows_ += static_cast<std::int64_t>(engine_->authority.rows(*table));
    whole_ = true;
    return {};
}

Group RestoredStore::group() {
    if (!whole_) throw std::logic_error("the backup is not whole yet");
    return Group{*engine_};
}

void RestoredStore::continue_after(Transaction& tx, std::int64_t epoch, UtcSeconds high_water) {
    auto& authority = tx.engine().authority;
    tx.engine().raise_epoch_above(epoch);
    authority.counters().high_water = std::max(authority.counters().high_water, high_water);
    tx.engine().time.has_seen(authority.counters().high_water);
    for (auto& [table, id] : left_out_) authority.note_absent(std::move(table), std::move(id));
    left_out_.clear();
}

std::int64_t RestoredStore::epoch() const { return engine_->authority.counters().epoch; }

void RestoredStore::close() {
    engine_->database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    engine_.reset();
    kept_ = true;
}

}  // namespace jeton::vault
