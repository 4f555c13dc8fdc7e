#include "daemon/vault/store/engine.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "daemon/base/host_name.hpp"
#include "daemon/vault/keys/macs.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/ends.hpp"
#include "daemon/vault/store/state_row.hpp"

namespace jeton::vault {
namespace {

const std::string& id_of(const Record& record) {
    const auto& id = std::get<std::string>(record.at(0));
    if (id.empty()) throw std::logic_error("a row without id");
    return id;
}

Value as_value(const Mac& mac) { return Bytes{mac.begin(), mac.end()}; }

void roll_back_to(Engine& engine, const Authority::Mark& mark) noexcept {
    engine.authority.roll_back_to(mark);
    // Put together after a change that is undone here: the next change gets the same epoch.
    if (engine.connection_order.epoch > engine.authority.counters().epoch) engine.connection_order = {};
}

}  // namespace

Engine::Engine(std::filesystem::path database_file, std::filesystem::path anchor_directory, const Clock& clock_to_use)
    : file(std::move(database_file)),
      clock(&clock_to_use),
      time(clock_to_use),
      anchor(std::move(anchor_directory)),
      host(host_name()) {
    new_instance();
}

const RootKey& Engine::root_key() const {
    if (!root) throw std::logic_error("the store is sealed");
    return *root;
}

const DataKey& Engine::data_key(std::string_view environment, std::int64_t generation, const Bytes& wrapped) {
    DataKeyName name{std::string{environment}, generation, wrapped};
    if (const auto known = data_keys_.find(name); known != data_keys_.end()) return known->second;
    auto key = unwrap_data_key(root_key(), wrapped, environment, generation);
    if (!key) throw Tampered("environments", environment);
    return data_keys_.emplace(std::move(name), *std::move(key)).first->second;
}

void Engine::new_instance() { instance = random_hex(16); }

void Engine::forget() {
    root.reset();
    data_keys_.clear();
    authority = Authority{};
    connection_order = {};
    kept_rows = {};
    next_end_known_at_.reset();
}

void Engine::replace_root(RootKey next) {
    former_roots_.push_back(std::exchange(*root, std::move(next)));
    authority.rehash(*root);
    changes_rows();
    destroys_key();
}

void Engine::restore_root(std::size_t count) noexcept {
    if (former_roots_.size() <= count) return;
    *root = std::move(former_roots_[count]);
    former_roots_.erase(former_roots_.begin() + static_cast<std::ptrdiff_t>(count), former_roots_.end());
}

void Engine::finish_destroying_keys() {
    if (!key_destroyed_ || !root || !database || in_group_) return;
    database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    data_keys_.clear();
    key_destroyed_ = false;
}

void Engine::changes_rows() {
    wrote();
    kept_rows.change();
}

void Engine::insert(const TableInfo& table, const Record& record) {
    const auto& id = id_of(record);
    if (authority.find(table, id) != nullptr) throw std::logic_error("a row id was used twice");
    const auto mac = row_mac(root_key(), table.name, id, canonical_columns(table, record));
    auto cells = record;
    cells.push_back(as_value(mac));
    changes_rows();
    database->run(table.insert, cells);
    authority.change(root_key(), table, id, mac);
}

void Engine::update(const TableInfo& table, const Record& record) {
    const auto& id = id_of(record);
    const auto* before = authority.find(table, id);
    if (before == nullptr) throw std::logic_error("a row to change does not exist");
    const auto mac = row_mac(root_key(), table.name, id, canonical_columns(table, record));
    Record cells{record.begin() + 1, record.end()};
    cells.push_back(as_value(mac));
    cells.emplace_back(id);
    cells.push_back(as_value(*before));
    changes_rows();
    database->run(table.update, cells);
    if (database->changes() != 1) throw Tampered(table.name, id);
    authority.change(root_key(), table, id, mac);
}

void Engine::erase(const TableInfo& table, const std::string& id) {
    const auto* before = authority.find(table, id);
    if (before == nullptr) throw std::logic_error("a row to delete does not exist");
    changes_rows();
    database->run(table.erase, {id, as_value(*before)});
    if (database->changes() != 1) throw Tampered(table.name, id);
    authority.change(root_key(), table, id, std::nullopt);
}

void Engine::verify(const TableInfo& table, const Record& row) const {
    const auto* id = std::get_if<std::string>(row.data());
    if (id == nullptr) throw Tampered(table.name, "without id");
    const auto* expected = authority.find(table, *id);
    const auto* stored = std::get_if<Bytes>(&row.back());
    if (expected == nullptr || stored == nullptr || !same_mac(*expected, *stored) ||
        !same_mac(*expected, row_mac(root_key(), table.name, *id, canonical_columns(table, row)))) {
        throw Tampered(table.name, *id);
    }
}

std::vector<Record> Engine::read(const TableInfo& table, std::string_view where,
                                 std::initializer_list<Value> parameters) const {
    auto rows = database->query(table.select_where(where), parameters);
    for (auto& row : rows) {
        verify(table, row);
        row.pop_back();
    }
    return rows;
}

void Engine::each(const TableInfo& table, std::string_view where, std::initializer_list<Value> parameters,
                  const std::function<bool(const Record&)>& visit) const {
    database->each(table.select_where(where), parameters, [&](const Record& row) {
        verify(table, row);
        return visit(row);
    });
}

void Engine::append_audit(AuditEntry entry) {
    if (entry.host.empty()) entry.host = host;
    wrote();
    auto& counters = authority.counters();
    counters.audit = audit::append(*database, root_key(), counters.audit, std::move(entry), authority.take_pending());
}

void Engine::raise_epoch_above(std::int64_t epoch) {
    auto& counters = authority.counters();
    counters.epoch = std::max(counters.epoch, epoch) + 1;
}

bool Engine::transaction_is_gone() const { return begun_ && database->autocommit(); }

void Engine::lose_group() noexcept {
    lost_ = true;
    roll_back_to(*this, group_mark_);
    restore_root(0);
}

void Engine::begin_group() {
    if (in_group_) throw std::logic_error("a group is open already");
    if (!root || !database) throw std::logic_error("the store is sealed");
    if (!database->autocommit()) database->run("ROLLBACK");  // an earlier one that could not be ended
    in_group_ = true;
    kept_rows.settle();
    begun_ = lost_ = group_wrote_ = false;
    group_mark_ = authority.mark();
}

void Engine::abandon_group() noexcept {
    if (!in_group_) return;
    in_group_ = false;
    roll_back_to(*this, group_mark_);
    authority.forget_undo();
    restore_root(0);
    try {
        if (database && !database->autocommit()) database->execute("ROLLBACK");
    } catch (const std::exception&) {
        // SQLite has given the transaction up by itself; the next BEGIN says so where it has not.
        lost_ = true;
    }
}

void Engine::commit_group() {
    if (!in_group_) throw std::logic_error("no group is open");
    if (lost_ || transaction_is_gone()) {
        lose_group();
        abandon_group();
        throw StoreFault("the database gave up the transaction");
    }
    if (!group_wrote_) {
        abandon_group();
        return;
    }
    const bool authority_changed = authority.counters().epoch != group_mark_.counters.epoch;
    try {
        auto& counters = authority.counters();
        counters.high_water = std::max(counters.high_water, time.now());
        write_state(*database, root_key(), counters);
        database->run("COMMIT");
    } catch (...) {
        abandon_group();
        overwrite_refused_commit();
        throw;
    }
    commit_in_doubt_ = false;
    in_group_ = false;
    authority.forget_undo();
    former_roots_.clear();
    if (authority_changed) write_anchor();
}

void Engine::overwrite_refused_commit() noexcept {
    if (std::exchange(commit_in_doubt_, true)) return;
    try {
        commit_time();
    } catch (const std::exception&) {
        return;  // in doubt until the disk takes some commit
    }
}

void Engine::begin_savepoint() {
    if (!in_group_ || in_savepoint_) throw std::logic_error("a savepoint outside a group, or inside another");
    if (transaction_is_gone()) lose_group();
    if (lost_) throw StoreFault("the database gave up the transaction");
    if (!begun_) database->run("BEGIN IMMEDIATE");
    begun_ = true;
    database->run("SAVEPOINT attempt");
    savepoint_mark_ = authority.mark();
    savepoint_roots_ = former_roots_.size();
    savepoint_wrote_ = false;
    in_savepoint_ = true;
}

void Engine::release_savepoint() {
    if (authority.has_pending()) throw std::logic_error("a change of authority without an audit entry");
    if (transaction_is_gone()) throw StoreFault("the database gave up the transaction");
    database->run("RELEASE attempt");
    in_savepoint_ = false;
    group_wrote_ = group_wrote_ || savepoint_wrote_;
}

void Engine::roll_back_savepoint() noexcept {
    in_savepoint_ = false;
    roll_back_to(*this, savepoint_mark_);
    restore_root(savepoint_roots_);
    try {
        if (transaction_is_gone()) {
            lose_group();
            return;
        }
        database->run("ROLLBACK TO attempt");
        database->run("RELEASE attempt");
    } catch (const std::exception&) {
        lose_group();
    }
}

bool Engine::an_end_has_passed() {
    if (!root || !database) return false;
    const auto& counters = authority.counters();
    const std::pair known{counters.epoch, counters.high_water};
    if (next_end_known_at_ != known) {
        next_end_ = next_end(*database, counters.high_water);
        next_end_known_at_ = known;
    }
    return next_end_ && *next_end_ <= time.now();
}

void Engine::commit_time() {
    begin_group();
    try {
        begin_savepoint();
        wrote();
        release_savepoint();
    } catch (...) {
        abandon_group();
        throw;
    }
    commit_group();
}

void Engine::write_anchor() {
    const auto& counters = authority.counters();
    const AnchorContent content{counters.epoch, counters.audit.sequence, counters.audit.hash,
                                counters.set.digest(root_key())};
    try {
        anchor.write(root_key(), content);
    } catch (const StoreFault& fault) {
        throw StoreFault(fault.what(), fault.full, true);
    }
}

}  // namespace jeton::vault
