#include "daemon/vault/store/table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/vault/store/tables.hpp"

namespace jeton::vault {

TableInfo make_table_info(std::size_t ordinal, std::string_view name, std::vector<std::string_view> columns) {
    std::string names;
    std::string marks;
    std::string changes;
    for (const auto column : columns) {
        (names += column) += ", ";
        marks += "?, ";
        if (column != "id") (changes += column) += " = ?, ";
    }
    TableInfo info;
    info.ordinal = ordinal;
    info.name = name;
    info.columns = std::move(columns);
    const std::string table{name};
    info.select = "SELECT " + names + "mac FROM " + table;
    info.insert = "INSERT INTO " + table + " (" + names + "mac) VALUES (" + marks + "?)";
    info.update = "UPDATE " + table + " SET " + changes + "mac = ? WHERE id = ? AND mac = ?";
    info.erase = "DELETE FROM " + table + " WHERE id = ? AND mac = ?";
    return info;
}

void add_canonical_columns(Fields& to, const TableInfo& table, const Cells& cells) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const auto cell = cells(i);
        if (std::holds_alternative<std::monostate>(cell)) continue;
        to.text(table.columns[i]).number(static_cast<std::int64_t>(cell.index()));
        if (const auto* number = std::get_if<std::int64_t>(&cell)) to.number(*number);
        if (const auto* text = std::get_if<std::string_view>(&cell)) to.text(*text);
        if (const auto* bytes = std::get_if<std::span<const unsigned char>>(&cell)) to.bytes(*bytes);
    }
}

Bytes canonical_columns(const TableInfo& table, const Record& record) {
    Fields fields;
    add_canonical_columns(fields, table, [&](std::size_t column) { return cell_of(record.at(column)); });
    return fields.take();
}

const std::array<const TableInfo*, authority_table_count>& authority_tables() {
    static const std::array<const TableInfo*, authority_table_count> tables{
        &info_of<Environment>(), &info_of<SigningKey>(),      &info_of<Tenant>(),    &info_of<App>(),
        &info_of<AppVersion>(),  &info_of<Connection>(),      &info_of<Secret>(),    &info_of<Binding>(),
        &info_of<KeySlot>(),     &info_of<RoleGrant>(),       &info_of<Pair>(),      &info_of<Ticket>(),
        &info_of<OwnScope>(),    &info_of<AuditCheckpoint>(), &info_of<ClientKey>(), &info_of<RevokedToken>()};
    return tables;
}

std::string detail::list_text(const std::vector<std::string>& list) {
    boost::json::array array;
    for (const auto& entry : list) array.emplace_back(entry);
    return boost::json::serialize(array);
}

std::vector<std::string> detail::list_of(std::string_view text) {
    std::vector<std::string> list;
    const auto parsed = boost::json::parse(boost::json::string_view{text.data(), text.size()});
    for (const auto& entry : parsed.as_array()) list.emplace_back(entry.as_string().c_str(), entry.as_string().size());
    return list;
}

}  // namespace jeton::vault
