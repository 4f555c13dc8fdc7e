#include "daemon/vault/store/audit_chain.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "daemon/vault/keys/fields.hpp"
#include "daemon/vault/keys/macs.hpp"

namespace jeton::vault::audit {
namespace {

constexpr std::size_t unit_column = 15;
constexpr std::size_t changes_column = 16;
constexpr std::size_t hash_column = 17;
/// Those before the unit: sequence, at, actor_uid, actor_pid, refused, count are numbers.
constexpr std::array<bool, unit_column> number_columns{true,  true,  false, true,  false, true,  false, false,
                                                       false, false, false, false, true,  false, true};

Bytes encode(const std::vector<RowChange>& changes) {
    Fields fields;
    for (const auto& change : changes) {
        fields.text(change.table).text(change.id);
        fields.bytes(change.mac ? std::span<const unsigned char>{*change.mac} : std::span<const unsigned char>{});
    }
    return fields.take();
}

/// The bytes that the chain is over.
Bytes encode(const AuditEntry& entry, std::span<const unsigned char> changes) {
    Fields fields;
    fields.number(entry.sequence).number(entry.at.time_since_epoch().count()).text(entry.host);
    fields.number(entry.actor_uid).text(entry.actor_user).number(entry.actor_pid).text(entry.actor_command);
    fields.text(entry.event).text(entry.subject).text(entry.connection).text(entry.tenant).text(entry.via);
    fields.number(entry.refused ? 1 : 0).text(entry.detail).number(entry.count).bytes(changes);
    // Entries of an older store have none, and keep their hashes.
    if (!entry.actor_unit.empty()) fields.text(entry.actor_unit);
    return fields.take();
}

/// The same of a full record, as it stands there: ten million of them are walked. Nothing where a column is of another
/// kind.
std::optional<Bytes> encode(const Record& record, std::span<const unsigned char> changes) {
    Fields fields;
    for (std::size_t i = 0; i < unit_column; ++i) {
        if (number_columns.at(i)) {
            const auto* number = std::get_if<std::int64_t>(&record[i]);
            if (number == nullptr) return std::nullopt;
            fields.number(*number);
        } else {
            const auto* text = std::get_if<std::string>(&record[i]);
            if (text == nullptr) return std::nullopt;
            fields.text(*text);
        }
    }
    fields.bytes(changes);
    if (const auto* unit = std::get_if<std::string>(&record[unit_column]); unit != nullptr && !unit->empty())
        fields.text(*unit);
    return fields.take();
}

std::optional<Mac> mac_of(const Value& value) {
    const auto* bytes = std::get_if<Bytes>(&value);
    Mac mac{};
    if (bytes == nullptr || bytes->size() != mac.size()) return std::nullopt;
    std::ranges::copy(*bytes, mac.begin());
    return mac;
}

constexpr std::string_view select_from =
    "SELECT sequence, at, host, actor_uid, actor_user, actor_pid, actor_command, event, subject, connection, tenant, "
    "via, "
    "refused, detail, count, actor_unit, changes, hash FROM audit WHERE sequence >= ? ORDER BY sequence";

constexpr std::array<std::string_view, hash_column + 1> all_columns{
    "sequence",   "at",     "host", "actor_uid", "actor_user", "actor_pid", "actor_command", "event",   "subject",
    "connection", "tenant", "via",  "refused",   "detail",     "count",     "actor_unit",    "changes", "hash"};

std::vector<RowChange> decode(std::span<const unsigned char> bytes) {
    std::vector<RowChange> changes;
    FieldReader reader{bytes};
    while (!reader.at_end()) {
        const auto table = reader.bytes();
        const auto id = reader.bytes();
        const auto mac = reader.bytes();
        if (!table || !id || !mac) return changes;
        RowChange change{std::string{text_of(*table)}, std::string{text_of(*id)}, std::nullopt};
        if (mac->size() == std::tuple_size_v<Mac>) std::ranges::copy(*mac, change.mac.emplace().begin());
        changes.push_back(std::move(change));
    }
    return changes;
}

}  // namespace

std::span<const std::string_view> columns() { return all_columns; }

void each_record(Database& database, std::int64_t first, const std::function<bool(const Record&)>& visit) {
    database.each(select_from, {first}, visit);
}

std::optional<Mac> checked_hash(const RootKey& root, const Mac& previous, const Record& record) {
    const auto* changes = std::get_if<Bytes>(&record.at(changes_column));
    const auto hash = mac_of(record.at(hash_column));
    if (changes == nullptr || !hash) return std::nullopt;
    const auto bytes = encode(record, *changes);
    if (!bytes || !same_mac(chain_hash(root, previous, *bytes), *hash)) return std::nullopt;
    return hash;
}

std::vector<RowChange> changes_of(const Record& record) {
    const auto* bytes = std::get_if<Bytes>(&record.at(changes_column));
    return bytes == nullptr ? std::vector<RowChange>{} : decode(*bytes);
}

AuditEntry entry_of(const Record& record) {
    std::size_t next = 0;
    const auto number = [&] { return std::get<std::int64_t>(record.at(next++)); };
    const auto text = [&] { return std::get<std::string>(record.at(next++)); };
    AuditEntry entry;
    entry.sequence = number();
    entry.at = UtcSeconds{std::chrono::seconds{number()}};
    entry.host = text();
    entry.actor_uid = number();
    entry.actor_user = text();
    entry.actor_pid = number();
    entry.actor_command = text();
    entry.event = text();
    entry.subject = text();
    entry.connection = text();
    entry.tenant = text();
    entry.via = text();
    entry.refused = number() != 0;
    entry.detail = text();
    entry.count = number();
    if (const auto* unit = std::get_if<std::string>(&record.at(next))) entry.actor_unit = *unit;
    return entry;
}

AuditHead append(Database& database, const RootKey& root, const AuditHead& head, AuditEntry entry,
                 const std::vector<RowChange>& changes) {
    entry.sequence = head.sequence + 1;
    auto change_bytes = encode(changes);
    const AuditHead next{entry.sequence, chain_hash(root, head.hash, encode(entry, change_bytes))};
    database.run(
        "INSERT INTO audit (sequence, at, host, actor_uid, actor_user, actor_pid, actor_command, event, subject, "
        "connection, "
        "tenant, via, refused, detail, count, actor_unit, changes, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, "
        "?, ?, ?, ?, ?)",
        {entry.sequence, std::int64_t{entry.at.time_since_epoch().count()}, entry.host, entry.actor_uid,
         entry.actor_user, entry.actor_pid, entry.actor_command, entry.event, entry.subject, entry.connection,
         entry.tenant, entry.via, std::int64_t{entry.refused ? 1 : 0}, entry.detail, entry.count,
         entry.actor_unit.empty() ? Value{} : Value{entry.actor_unit}, std::move(change_bytes),
         Bytes{next.hash.begin(), next.hash.end()}});
    return next;
}

std::optional<Break> walk_chain(Database& database, const RootKey& root, AuditHead& reached, std::int64_t until) {
    std::optional<Break> found;
    each_record(database, reached.sequence + 1, [&](const Record& record) {
        const auto expected = reached.sequence + 1;
        if (expected > until) return false;
        const auto hash = checked_hash(root, reached.hash, record);
        if (record.front() != Value{expected}) {
            found = Break{expected, fmt::format("audit entry {} is missing", expected)};
        } else if (!hash) {
            found = Break{expected, fmt::format("audit entry {} was edited outside jeton", expected)};
        } else {
            reached = {expected, *hash};
        }
        return !found;
    });
    if (found) return found;
    if (reached.sequence < until) {
        return Break{reached.sequence + 1, fmt::format("audit entry {} is missing", reached.sequence + 1)};
    }
    return std::nullopt;
}

std::optional<Break> find_break(Database& database, const RootKey& root, const AuditHead& start, const AuditHead& head,
                                std::int64_t first) {
    first = std::max<std::int64_t>(first, start.sequence + 1);
    AuditHead reached{first - 1, start.hash};
    if (first > start.sequence + 1) {
        const auto before = hash_at(database, first - 1);
        if (!before) return Break{first - 1, fmt::format("audit entry {} is missing", first - 1)};
        reached.hash = *before;
    }
    if (reached.sequence < head.sequence) {
        if (auto found = walk_chain(database, root, reached, head.sequence)) return found;
    }
    std::optional<Break> found;
    each_record(database, head.sequence + 1, [&](const Record& record) {
        const auto expected = head.sequence + 1;
        const auto* how = record.front() != Value{expected}           ? "is missing"
                          : !checked_hash(root, reached.hash, record) ? "was edited outside jeton"
                                                                      : "was put in outside jeton";
        found = Break{expected, fmt::format("audit entry {} {}", expected, how)};
        return false;
    });
    if (found) return found;
    if (reached != head)
        return Break{head.sequence, fmt::format("audit entry {} was edited outside jeton", head.sequence)};
    return std::nullopt;
}

std::optional<Mac> hash_at(Database& database, std::int64_t sequence) {
    if (sequence == 0) return Mac{};
    const auto rows = database.query("SELECT hash FROM audit WHERE sequence = ?", {sequence});
    if (rows.empty()) return std::nullopt;
    return mac_of(rows.front().front());
}

void each_change(Database& database, const std::function<void(const RowChange&)>& visit) {
    database.each("SELECT changes FROM audit ORDER BY sequence", {}, [&](const Record& record) {
        const auto* bytes = std::get_if<Bytes>(record.data());
        if (bytes == nullptr) return true;
        for (const auto& change : decode(*bytes)) visit(change);
        return true;
    });
}

}  // namespace jeton::vault::audit
