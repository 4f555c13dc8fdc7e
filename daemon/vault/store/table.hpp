/// Compile-time description of a table, from which reading, writing and the row MAC are made once for all tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/keys/fields.hpp"
#include "daemon/vault/store/value.hpp"

namespace jeton::vault {

template <class Row, class Member>
struct Column {
    std::string_view name;
    Member Row::* member;
};
template <class Row, class Member>
Column(std::string_view, Member Row::*) -> Column<Row, Member>;

/// A column that a migration added to the table: the member's default stands there as NULL, so that older rows keep
/// their MACs.
template <class Row, class Member>
struct AddedColumn {
    std::string_view name;
    Member Row::* member;
};
template <class Row, class Member>
AddedColumn(std::string_view, Member Row::*) -> AddedColumn<Row, Member>;

/// Specialised in tables.hpp: `name`, `ordinal`, and `columns`, a tuple of `Column` that begins with "id".
template <class Row>
struct Table;

/// The same at run time, with its four SQL texts. They are made of the names above alone; every value is a bound
/// parameter.
struct TableInfo {
    std::size_t ordinal = 0;
    std::string_view name;
    std::vector<std::string_view> columns;
    std::string select;  ///< all columns and the MAC; a finder appends its WHERE
    std::string insert;  ///< columns, MAC
    std::string update;  ///< columns but the id, new MAC, id, old MAC
    std::string erase;   ///< id, MAC

    [[nodiscard]] std::string select_where(std::string_view clause) const {
        return clause.empty() ? select : select + " " + std::string{clause};
    }
};

[[nodiscard]] TableInfo make_table_info(std::size_t ordinal, std::string_view name,
                                        std::vector<std::string_view> columns);
/// The canonical encoding of a row's columns that its MAC is over (docs/database.md). NULLs are left out, so that a
/// column added later leaves the MACs of older rows as they are.
[[nodiscard]] Bytes canonical_columns(const TableInfo& table, const Record& record);
void add_canonical_columns(Fields& to, const TableInfo& table, const Cells& cells);

template <class Row>
const TableInfo& info_of() {
    static const TableInfo info = std::apply(
        [](const auto&... column) { return make_table_info(Table<Row>::ordinal, Table<Row>::name, {column.name...}); },
        Table<Row>::columns);
    return info;
}

namespace detail {

/// A JSON array of strings.
[[nodiscard]] std::string list_text(const std::vector<std::string>& list);
[[nodiscard]] std::vector<std::string> list_of(std::string_view text);

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<Id<Tag>> : std::true_type {};

template <class>
inline constexpr bool no_codec = false;

}  // namespace detail

/// Enumerations stand as the words of `domain/`; tables.hpp has an overload of `parse_word` for each.
template <class T>
Value to_value(const T& member) {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::int64_t>) {
        return static_cast<std::int64_t>(member);
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>) {
        return member;
    } else if constexpr (std::is_same_v<T, UtcSeconds>) {
        return std::int64_t{member.time_since_epoch().count()};
    } else if constexpr (std::is_same_v<T, std::optional<UtcSeconds>>) {
        return member ? to_value(*member) : Value{};
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        return detail::list_text(member);
    } else if constexpr (detail::IsId<T>::value) {
        return member.text;
    } else if constexpr (std::is_enum_v<T>) {
        return std::string{name_of(member)};
    } else {
        static_assert(detail::no_codec<T>, "this member has no column type");
    }
}

/// The value was MACed as it stands: what does not fit is a programming error, std::bad_variant_access or
/// std::logic_error.
template <class T>
void from_value(const Value& value, T& member) {
    if constexpr (std::is_same_v<T, bool>) {
        member = std::get<std::int64_t>(value) != 0;
    } else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::string> ||
                         std::is_same_v<T, Bytes>) {
        member = std::get<T>(value);
    } else if constexpr (std::is_same_v<T, UtcSeconds>) {
        member = UtcSeconds{std::chrono::seconds{std::get<std::int64_t>(value)}};
    } else if constexpr (std::is_same_v<T, std::optional<UtcSeconds>>) {
        member.reset();
        if (!std::holds_alternative<std::monostate>(value)) from_value(value, member.emplace());
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        member = detail::list_of(std::get<std::string>(value));
    } else if constexpr (detail::IsId<T>::value) {
        member.text = std::get<std::string>(value);
    } else if constexpr (std::is_enum_v<T>) {
        const auto parsed = parse_word(std::type_identity<T>{}, std::get<std::string>(value));
        if (!parsed) throw std::logic_error("a stored word is not known");
        member = *parsed;
    } else {
        static_assert(detail::no_codec<T>, "this member has no column type");
    }
}

template <class Row, class Owner, class Member>
Value cell_of(const Row& row, const Column<Owner, Member>& column) {
    return to_value(row.*column.member);
}
template <class Row, class Owner, class Member>
Value cell_of(const Row& row, const AddedColumn<Owner, Member>& column) {
    static const Row untouched{};
    return row.*column.member == untouched.*column.member ? Value{} : to_value(row.*column.member);
}

template <class Row, class Owner, class Member>
void read_cell(const Value& cell, Row& row, const Column<Owner, Member>& column) {
    from_value(cell, row.*column.member);
}
template <class Row, class Owner, class Member>
void read_cell(const Value& cell, Row& row, const AddedColumn<Owner, Member>& column) {
    if (!std::holds_alternative<std::monostate>(cell)) from_value(cell, row.*column.member);
}

template <class Row>
Record to_record(const Row& row) {
    return std::apply([&row](const auto&... column) { return Record{cell_of(row, column)...}; }, Table<Row>::columns);
}

template <class Row>
Row from_record(const Record& record) {
    Row row;
    std::size_t next = 0;
    std::apply([&](const auto&... column) { (read_cell(record.at(next++), row, column), ...); }, Table<Row>::columns);
    return row;
}

}  // namespace jeton::vault
