#include "daemon/vault/store/backup_content.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/keys/fields.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/schema.hpp"
#include "daemon/vault/store/tables.hpp"

namespace jeton::vault::backup {
namespace {

constexpr std::string_view purpose = "jeton backup header";
constexpr std::int64_t slots_max = 64;

/// Only its columns are used: it has no MAC.
const TableInfo& audit_table() {
    static const TableInfo info =
        make_table_info(authority_table_count, "audit",
                        std::vector<std::string_view>{audit::columns().begin(), audit::columns().end()});
    return info;
}

const TableInfo* table_named(std::string_view name) {
    const auto& tables = authority_tables();
    const auto* found = std::ranges::find(tables, name, &TableInfo::name);
    return found == tables.end() ? nullptr : *found;
}

/// One value of `canonical_columns`; nothing where its kind is not known.
std::optional<Value> read_value(FieldReader& reader) {
    const auto kind = reader.number();
    if (!kind) return std::nullopt;
    if (*kind == 1) {
        const auto number = reader.number();
        return number ? std::optional<Value>{*number} : std::nullopt;
    }
    const auto bytes = reader.bytes();
    if (!bytes) return std::nullopt;
    if (*kind == 2) return Value{std::string{text_of(*bytes)}};
    if (*kind == 3) return Value{Bytes{bytes->begin(), bytes->end()}};
    return std::nullopt;
}

/// What `canonical_columns` made; nothing where a column is unknown or out of order.
std::optional<Record> parse_columns(const TableInfo& table, std::span<const unsigned char> bytes) {
    Record record(table.columns.size());
    FieldReader reader{bytes};
    auto from = table.columns.begin();
    while (!reader.at_end()) {
        const auto name = reader.bytes();
        if (!name) return std::nullopt;
        const auto column = std::find(from, table.columns.end(), text_of(*name));
        if (column == table.columns.end()) return std::nullopt;
        auto value = read_value(reader);
        if (!value) return std::nullopt;
        record[static_cast<std::size_t>(column - table.columns.begin())] = *std::move(value);
        from = column + 1;
    }
    return record;
}

bool has_id(const Record& record) { return std::holds_alternative<std::string>(record.front()); }

Error no_backup() {
    return refuse(Errc::bad_input, "this is no backup of jeton", "name the file that jeton backup wrote");
}

Error ends_early() {
    return refuse(Errc::bad_input, "the backup is truncated: it ends within its header", "take another copy of it");
}

Error altered_header() {
    return refuse(Errc::bad_input, "the header of this backup was altered or damaged", "take another copy of it");
}

Result<Header> parse_header(std::span<const unsigned char> bytes) {
    FieldReader reader{bytes};
    const auto word = reader.bytes();
    if (!word || text_of(*word) != purpose) return altered_header();
    const auto schema = reader.number();
    if (!schema || *schema < 1) return altered_header();
    if (*schema > schema_version) {
        return refuse(Errc::bad_input,
                      fmt::format("this backup was written by a newer jeton (schema {}, this one knows {})", *schema,
                                  schema_version),
                      "install that version, or a newer one");
    }
    const auto made_at = reader.number();
    const auto host = reader.bytes();
    const auto count = reader.number();
    if (!made_at || !host || !count || *count < 1 || *count > slots_max) return altered_header();
    Header header{UtcSeconds{std::chrono::seconds{*made_at}}, std::string{text_of(*host)}, {}};
    for (std::int64_t i = 0; i < *count; ++i) {
        const auto columns = reader.bytes();
        if (!columns) return altered_header();
        const auto record = parse_columns(info_of<KeySlot>(), *columns);
        if (!record) return altered_header();
        try {
            header.slots.push_back(from_record<KeySlot>(*record));
        } catch (const std::exception&) {  // a column of another kind, or a word that is none
            return altered_header();
        }
    }
    if (!reader.at_end()) return altered_header();
    return header;
}

}  // namespace

std::size_t length_at(std::span<const unsigned char> bytes) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_size; ++i) length |= static_cast<std::size_t>(bytes[i]) << (8 * i);
    return length;
}

void append_with_length(Bytes& bytes, std::span<const unsigned char> part) {
    for (std::size_t i = 0; i < length_size; ++i) bytes.push_back(static_cast<unsigned char>(part.size() >> (8 * i)));
    bytes.insert(bytes.end(), part.begin(), part.end());
}

Bytes clear_part(const Header& header) {
    Fields fields{purpose};
    fields.number(schema_version).number(header.made_at.time_since_epoch().count()).text(header.host);
    fields.number(static_cast<std::int64_t>(header.slots.size()));
    for (const auto& slot : header.slots) {
        fields.bytes(canonical_columns(info_of<KeySlot>(), to_record(slot)));
    }
    const auto body = fields.span();
    if (body.size() > header_max) throw std::logic_error("the header of a backup is too long");
    Bytes bytes{magic.begin(), magic.end()};
    append_with_length(bytes, body);
    return bytes;
}

Result<ParsedHeader> parse_clear_part(std::span<const unsigned char> file) {
    const auto begins = std::min(file.size(), magic.size());
    if (begins == 0 || text_of(file.first(begins)) != magic.substr(0, begins)) return no_backup();
    if (file.size() < magic.size() + length_size) return ends_early();
    const auto length = length_at(file.subspan(magic.size()));
    if (length > header_max) return altered_header();
    const auto rest = file.subspan(magic.size() + length_size);
    if (rest.size() < length) return ends_early();
    auto header = parse_header(rest.first(length));
    if (!header) return header.error();
    return ParsedHeader{*std::move(header), magic.size() + length_size + length};
}

void append(Bytes& content, const Item& item) {
    Fields fields;
    std::visit(
        [&](const auto& what) {
            using T = std::decay_t<decltype(what)>;
            if constexpr (std::is_same_v<T, RowItem>) {
                fields.text("row").text(what.table->name).bytes(what.mac);
                fields.bytes(canonical_columns(*what.table, what.record));
            } else if constexpr (std::is_same_v<T, GoneItem>) {
                fields.text("gone").text(what.table->name).text(what.id);
            } else if constexpr (std::is_same_v<T, EntryItem>) {
                fields.text("audit").bytes(canonical_columns(audit_table(), what.record));
            } else if constexpr (std::is_same_v<T, LeftOutItem>) {
                fields.text("left out").text(what.table->name).text(what.id);
            } else {
                fields.text("end").bytes(what.sealed_state);
            }
        },
        item);
    Fields whole;
    whole.bytes(fields.span());
    const auto bytes = whole.span();
    content.insert(content.end(), bytes.begin(), bytes.end());
}

std::optional<Item> parse_item(std::span<const unsigned char> bytes) {
    FieldReader reader{bytes};
    const auto word = reader.bytes();
    const auto first = reader.bytes();
    if (!word || !first) return std::nullopt;
    const auto kind = text_of(*word);
    if (kind == "end") {
        if (!reader.at_end()) return std::nullopt;
        return EndItem{Bytes{first->begin(), first->end()}};
    }
    if (kind == "audit") {
        auto record = parse_columns(audit_table(), *first);
        if (!record || !std::holds_alternative<std::int64_t>(record->front()) || !reader.at_end()) return std::nullopt;
        return EntryItem{*std::move(record)};
    }
    const auto* table = table_named(text_of(*first));
    const auto second = reader.bytes();
    if (table == nullptr || !second) return std::nullopt;
    if (kind == "row") {
        RowItem row{table, {}, {}};
        const auto columns = reader.bytes();
        if (!columns || second->size() != row.mac.size() || !reader.at_end()) return std::nullopt;
        std::ranges::copy(*second, row.mac.begin());
        auto record = parse_columns(*table, *columns);
        if (!record || !has_id(*record)) return std::nullopt;
        row.record = *std::move(record);
        return row;
    }
    if (!reader.at_end()) return std::nullopt;
    std::string id{text_of(*second)};
    if (kind == "gone") return GoneItem{table, std::move(id)};
    if (kind == "left out") return LeftOutItem{table, std::move(id)};
    return std::nullopt;
}

}  // namespace jeton::vault::backup
