#include "daemon/vault/store/snapshot.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "daemon/vault/keys/tampered.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/audit_checkpoints.hpp"
#include "daemon/vault/store/backup_content.hpp"
#include "daemon/vault/store/engine.hpp"
#include "daemon/vault/store/state_row.hpp"
#include "daemon/vault/store/tables.hpp"

namespace jeton::vault {
namespace {

bool is_left_out(const TableInfo& table) { return table.ordinal == info_of<Ticket>().ordinal; }

bool is_left_out(const TableInfo& table, const Record& record) {
    if (is_left_out(table)) return true;
    return table.ordinal == info_of<KeySlot>().ordinal && !from_record<KeySlot>(record).is_portable();
}

const std::string& id_of(const Record& record) { return std::get<std::string>(record.front()); }

/// A row that somebody took away would be missing in the backup, too. Counts; the ids are looked at only to name it.
void check_complete(Engine& engine, const TableInfo& table) {
    const auto name = std::string{table.name};
    const auto rows = static_cast<std::int64_t>(engine.authority.rows(table));
    if (engine.database->number("SELECT count(*) FROM " + name) == rows) return;  // sql: fixed text
    std::vector<std::string> ids;
    for (const auto& record : engine.database->query("SELECT id FROM " + name)) {  // sql: fixed text
        if (const auto* id = std::get_if<std::string>(record.data())) ids.push_back(*id);
    }
    std::ranges::sort(ids);
    throw Tampered(table.name, engine.authority.missing_from(table, ids));
}

}  // namespace

Snapshot::Snapshot(Transaction& tx) : changes_from_(tx.engine().authority.counters().audit.sequence) {}

bool Snapshot::has_missed_changes(Transaction& tx) const {
    const auto checkpoint = audit_checkpoints::find(tx);
    return checkpoint && checkpoint->sequence > std::max(last_entry_, changes_from_);
}

bool Snapshot::read_slice(Transaction& tx, Bytes& content) {
    const auto& head = tx.engine().authority.counters().audit;
    for (auto left = slice_rows; left > 0;) {
        if (table_ < authority_tables().size()) {
            left -= read_table(tx, content, left);
            continue;
        }
        skip_pruned(tx);
        if (last_entry_ < head.sequence) {
            left -= read_audit(tx, content, left);
        } else if (!changed_.empty()) {
            left -= read_changed(tx, content, left);
        } else {
            write_end(tx, content);
            return true;
        }
    }
    return false;
}

/// These return what they cost, in rows; at least one.
std::int64_t Snapshot::read_table(Transaction& tx, Bytes& content, std::int64_t limit) {
    const auto& table = *authority_tables().at(table_);
    if (last_id_.empty()) check_complete(tx.engine(), table);
    std::int64_t read = 0;
    if (!is_left_out(table)) {
        for (auto& record : tx.read(table, "WHERE id > ? ORDER BY id LIMIT ?", {last_id_, limit})) {
            last_id_ = id_of(record);
            ++read;
            if (is_left_out(table, record)) continue;
            const auto mac = *tx.engine().authority.find(table, last_id_);
            backup::append(content, backup::RowItem{&table, std::move(record), mac});
            ++rows_;
        }
    }
    if (read < limit) {
        ++table_;
        last_id_.clear();
    }
    return read + 1;
}

/// Entries of before the beginning may be pruned while the backup is made: the chain goes on behind the checkpoint
/// then.
void Snapshot::skip_pruned(Transaction& tx) {
    const auto checkpoint = audit_checkpoints::find(tx);
    if (!checkpoint || checkpoint->sequence <= last_entry_) return;
    last_entry_ = checkpoint->sequence;
    std::ranges::copy(checkpoint->hash, last_hash_.begin());
}

std::int64_t Snapshot::read_audit(Transaction& tx, Bytes& content, std::int64_t limit) {
    auto& engine = tx.engine();
    std::int64_t read = 0;
    audit::each_record(*engine.database, last_entry_ + 1, [&](const Record& record) {
        const auto hash = audit::checked_hash(engine.root_key(), last_hash_, record);
        if (record.front() != Value{last_entry_ + 1} || !hash) return false;
        last_entry_ += 1;
        last_hash_ = *hash;
        if (last_entry_ > changes_from_) {
            for (const auto& change : audit::changes_of(record)) {
                const auto& tables = authority_tables();
                const auto* table = std::ranges::find(tables, change.table, &TableInfo::name);
                if (table != tables.end()) changed_.emplace(*table, change.id);
            }
        }
        backup::append(content, backup::EntryItem{record});
        return ++read < limit;
    });
    if (read == 0) throw Tampered("audit", std::to_string(last_entry_ + 1));
    entries_ += read;
    return read;
}

std::int64_t Snapshot::read_changed(Transaction& tx, Bytes& content, std::int64_t limit) {
    std::int64_t read = 0;
    while (!changed_.empty() && read < limit) {
        const auto [table, id] = *changed_.begin();
        changed_.erase(changed_.begin());
        ++read;
        if (is_left_out(*table)) continue;
        auto found = tx.read(*table, "WHERE id = ?", {id});
        const auto* mac = tx.engine().authority.find(*table, id);
        if (found.empty() != (mac == nullptr)) throw Tampered(table->name, id);
        if (found.empty()) {
            backup::append(content, backup::GoneItem{table, id});
        } else if (!is_left_out(*table, found.front())) {
            backup::append(content, backup::RowItem{table, std::move(found.front()), *mac});
            ++rows_;
        }
    }
    return read;
}

/// The state row as it would stand there if what is left out did not exist.
void Snapshot::write_end(Transaction& tx, Bytes& content) const {
    auto& engine = tx.engine();
    auto counters = engine.authority.counters();
    if (last_hash_ != counters.audit.hash) throw Tampered("audit", std::to_string(last_entry_));
    const auto leave_out = [&](const TableInfo& table, const std::string& id) {
        const auto* mac = engine.authority.find(table, id);
        if (mac == nullptr) throw Tampered(table.name, id);
        counters.set.remove(engine.root_key(), table.name, id, *mac);
        backup::append(content, backup::LeftOutItem{&table, id});
    };
    const auto& tickets = info_of<Ticket>();
    check_complete(engine, tickets);
    for (const auto& record : engine.database->query("SELECT id FROM tickets")) leave_out(tickets, id_of(record));
    const auto& slots = info_of<KeySlot>();
    for (const auto& record : tx.read(slots, "", {})) {
        if (is_left_out(slots, record)) leave_out(slots, id_of(record));
    }
    counters.high_water = std::max(counters.high_water, engine.time.now());
    backup::append(content, backup::EndItem{sealed_state(engine.root_key(), counters)});
}

}  // namespace jeton::vault
