#include "daemon/vault/store/authority.hpp"

#include <algorithm>
#include <ranges>

namespace jeton::vault {

const Mac* Authority::find(const TableInfo& table, std::string_view id) const {
    const auto& rows = index_.at(table.ordinal);
    const auto found = rows.find(id);
    return found == rows.end() ? nullptr : &found->second;
}

std::string Authority::missing_from(const TableInfo& table, const std::vector<std::string>& ids) const {
    for (const auto& [id, mac] : index_.at(table.ordinal)) {
        if (!std::ranges::binary_search(ids, id)) return id;
    }
    return {};
}

void Authority::change(const RootKey& root, const TableInfo& table, const std::string& id,
                       const std::optional<Mac>& mac) {
    auto& rows = index_.at(table.ordinal);
    Undo undo{table.ordinal, id, std::nullopt};
    if (const auto found = rows.find(id); found != rows.end()) {
        undo.before = found->second;
        counters_.set.remove(root, table.name, id, found->second);
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
        for (const auto& [id, mac] : index_.at(table->ordinal)) counters_.set.add(root, table->name, id, mac);
    }
    grow_epoch();
}

void Authority::learn(const RootKey& root, const TableInfo& table, const std::string& id, const Mac& mac) {
    index_.at(table.ordinal).insert_or_assign(id, mac);
    counters_.set.add(root, table.name, id, mac);
}

void Authority::tell_again(const std::set<std::pair<std::string, std::string>>& told) {
    for (const auto* table : authority_tables()) {
        const std::string name{table->name};
        for (const auto& [id, mac] : index_.at(table->ordinal)) {
            if (!told.contains({name, id})) pending_.push_back({name, id, mac});
        }
    }
}

std::optional<RowChange> Authority::row_beyond(const std::set<std::pair<std::string, std::string>>& known) const {
    for (const auto* table : authority_tables()) {
        const std::string name{table->name};
        for (const auto& [id, mac] : index_.at(table->ordinal)) {
            if (!known.contains({name, id})) return RowChange{name, id, mac};
        }
    }
    return std::nullopt;
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
