/// Typed rows out of verified records, and the three writers of `Transaction`. Included by the table files alone, each
/// of which instantiates the writers for its row.
#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/vault/store/engine.hpp"
#include "daemon/vault/store/tables.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

template <class Row>
void Transaction::insert(const Row& row) {
    engine_->insert(info_of<Row>(), to_record(row));
}

template <class Row>
void Transaction::update(const Row& row) {
    engine_->update(info_of<Row>(), to_record(row));
}

template <class Row>
void Transaction::erase(const Row& row) {
    engine_->erase(info_of<Row>(), row.id.text);
}

namespace rows {

/// As they stand in the file now.
template <class Row>
std::vector<Row> read(Transaction& tx, std::string_view clause, std::initializer_list<Value> parameters) {
    std::vector<Row> found;
    for (const auto& record : tx.read(info_of<Row>(), clause, parameters)) found.push_back(from_record<Row>(record));
    return found;
}

/// As they stand in the file, or stood there when nothing had been changed since.
template <class Row>
std::shared_ptr<const std::vector<Row>> kept(Transaction& tx, std::string_view clause,
                                             std::initializer_list<Value> parameters) {
    return tx.engine().kept_rows.get<Row>(clause, {parameters.begin(), parameters.size()},
                                          [&] { return read<Row>(tx, clause, parameters); });
}

template <class Row>
std::vector<Row> where(Transaction& tx, std::string_view clause, std::initializer_list<Value> parameters) {
    return *kept<Row>(tx, clause, parameters);
}

/// The first one that `holds`; those behind it are not read.
template <class Row>
std::optional<Row> first_that(Transaction& tx, std::string_view clause, std::initializer_list<Value> parameters,
                              const std::function<bool(const Row&)>& holds) {
    std::optional<Row> found;
    tx.engine().each(info_of<Row>(), clause, parameters, [&](const Record& record) {
        auto row = from_record<Row>(record);
        if (holds(row)) found = std::move(row);
        return !found;
    });
    return found;
}

template <class Row>
std::optional<Row> first(Transaction& tx, std::string_view clause, std::initializer_list<Value> parameters) {
    const auto found = kept<Row>(tx, clause, parameters);
    if (found->empty()) return std::nullopt;
    return found->front();
}

/// A row that the index knows and the table does not have was deleted outside jeton.
template <class Row>
std::optional<Row> by_id(Transaction& tx, const std::string& id) {
    auto row = first<Row>(tx, "WHERE id = ?", {id});
    if (!row && tx.engine().authority.find(info_of<Row>(), id) != nullptr) throw Tampered(Table<Row>::name, id);
    return row;
}

/// The same check for all rows, which are read anew.
template <class Row>
std::vector<Row> all(Transaction& tx, std::string_view order) {
    auto found = read<Row>(tx, order, {});
    const auto& authority = tx.engine().authority;
    if (found.size() != authority.rows(info_of<Row>())) {
        std::vector<std::string> ids;
        ids.reserve(found.size());
        for (const auto& row : found) ids.push_back(row.id.text);
        std::ranges::sort(ids);
        throw Tampered(Table<Row>::name, authority.missing_from(info_of<Row>(), ids));
    }
    return found;
}

/// For a walk over the whole table in pieces: throws Tampered where a row was taken away or put in.
template <class Row>
void check_complete(Transaction& tx) {
    const auto& table = info_of<Row>();
    const auto there = tx.engine().database->number("SELECT count(*) FROM " + std::string{table.name});
    if (there != static_cast<std::int64_t>(tx.engine().authority.rows(table))) (void)all<Row>(tx, "");
}

/// The values from 0 on that `next_behind` gives for the one before: as many look-ups in an index as there are values,
/// not rows.
inline std::vector<std::int64_t> distinct(Transaction& tx, std::string_view next_behind) {
    std::vector<std::int64_t> values;
    std::int64_t last = -1;
    while (true) {
        const auto next = tx.engine().database->query(next_behind, {last});
        const auto* value = next.empty() ? nullptr : std::get_if<std::int64_t>(next.front().data());
        if (value == nullptr) return values;
        values.push_back(last = *value);
    }
}

}  // namespace rows
}  // namespace jeton::vault
