#include "daemon/vault/store/authority.hpp"

#include <algorithm>
#include <ranges>

namespace jeton::vault {

const Mac* Authority::find(const TableInfo& table, std::string_view id) const {
    return index_.at(table.ordinal).find(id);
}

std::string Authority::missing_from(const TableInfo& table, const std::vector<std::string>& ids) const {
    std::string missing;
    index_.at(table.ordinal).each([&](const std::string& id, const Mac&) {
        if (!std::ranges::binary_search(ids, id)) missing = id;
        return missing.empty();
    });
    return missing;
}

void Authority::change(const RootKey& root, const TableInfo& table, const std::string& id,
                       const std::optional<Mac>& mac) {
    auto& rows = index_.at(table.ordinal);
    Undo undo{table.ordinal, id, std::nullopt};
    if (const auto* found = rows.find(id)) {
        undo.before = *found;
        counters_.set.remove(root, table.name, id, *found);
    }
    undo_.push_back(std::move(undo));
    if (mac) {
        rows.insert_or_assign(id, *mac);
        counters_.set.add(root, table.name, id, *mac);
    } else {
        rows.erase(id);
    }
    pending_.push_back({std::string{table.name}, id, mac});
    grow_epoch();
}

void Authority::grow_epoch() {
    if (!epoch_grown_) ++counters_.epoch;
    epoch_grown_ = true;
}

void Authority::rehash(const RootKey& root) {
    counters_.set = SetHash{};
    for (const auto* table : authority_tables()) {
        index_.at(table->ordinal).each([&](const std::string& id, const Mac& mac) {
            counters_.set.add(root, table->name, id, mac);
            return true;
        });
    }
    grow_epoch();
}

void Authority::learn(const RootKey& root, const TableInfo& table, const std::string& id, const Mac& mac) {
    index_.at(table.ordinal).insert_or_assign(id, mac);
    counters_.set.add(root, table.name, id, mac);
}

void Authority::tell_again(const std::vector<RowChange>& changes) {
    std::set<std::pair<std::string, std::string>> told;
    for (const auto& change : pending_) told.emplace(change.table, change.id);
    for (const auto& change : changes) {
        const auto& tables = authority_tables();
        const auto table = std::ranges::find(tables, change.table, &TableInfo::name);
        const auto* now = table == tables.end() ? nullptr : find(**table, change.id);
        // A row that is different now was told of later.
        if (now == nullptr || !change.mac || *now != *change.mac) continue;
        if (told.emplace(change.table, change.id).second) pending_.push_back(change);
    }
}

std::optional<RowChange> Authority::row_beyond(const std::set<std::pair<std::string, std::string>>& known) const {
    std::optional<RowChange> beyond;
    for (const auto* table : authority_tables()) {
        const std::string name{table->name};
        index_.at(table->ordinal).each([&](const std::string& id, const Mac& mac) {
            if (!known.contains({name, id})) beyond = RowChange{name, id, mac};
            return !beyond;
        });
        if (beyond) break;
    }
    return beyond;
}

Authority::Mark Authority::mark() {
    epoch_grown_ = false;
    return {counters_, undo_.size()};
}

void Authority::roll_back_to(const Mark& mark) {
    while (undo_.size() > mark.undo) {
        auto& undo = undo_.back();
        auto& rows = index_.at(undo.table);
        if (undo.before) {
            rows.insert_or_assign(undo.id, *undo.before);
        } else {
            rows.erase(undo.id);
        }
        undo_.pop_back();
    }
    counters_ = mark.counters;
    pending_.clear();
    epoch_grown_ = false;
}

}  // namespace jeton::vault
