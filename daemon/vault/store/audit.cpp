#include "daemon/vault/store/audit.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/keys/audit_signature.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/audit_checkpoints.hpp"
#include "daemon/vault/store/engine.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::audit {
namespace {

Value text_or_null(const std::optional<std::string>& text) { return text ? Value{*text} : Value{}; }

Value seconds_or_null(const std::optional<UtcSeconds>& at) {
    return at ? Value{std::int64_t{at->time_since_epoch().count()}} : Value{};
}

/// The uid that a user is written as in digits, or NULL.
Value uid_or_null(const std::optional<std::string>& user) {
    if (!user) return {};
    std::int64_t uid = 0;
    const auto [end, error] = std::from_chars(user->data(), user->data() + user->size(), uid);
    if (error != std::errc{} || end != user->data() + user->size()) return {};
    return uid;
}

constexpr std::string_view matching =
    "SELECT sequence, at, host, actor_uid, actor_user, actor_pid, actor_command, event, subject, connection, tenant, "
    "via, refused, detail, count, actor_unit, hash FROM audit WHERE (?1 IS NULL OR tenant = ?1) "
    "AND (?2 IS NULL OR connection = ?2) AND (?3 IS NULL OR actor_user = ?3 OR actor_uid = ?4) "
    "AND (?5 IS NULL OR event GLOB ?5) AND (?6 IS NULL OR at >= ?6) AND (?7 IS NULL OR at < ?7) "
    "AND (?8 IS NULL OR refused = ?8) AND sequence > ?9 ";
constexpr std::size_t hash_column = 16;

constexpr std::string_view oldest_first = "ORDER BY sequence LIMIT ?10";
constexpr std::string_view behind_the_newest = "ORDER BY sequence DESC LIMIT 1 OFFSET ?10";

/// `number` is the last parameter of `order`.
template <class Take>
void each_matching(Transaction& tx, const Filter& filter, std::string_view order, std::int64_t number, Take take) {
    tx.engine().database->each(
        std::string{matching}.append(order),
        {text_or_null(filter.tenant), text_or_null(filter.connection), text_or_null(filter.user),
         uid_or_null(filter.user), text_or_null(filter.event_glob), seconds_or_null(filter.since),
         seconds_or_null(filter.until), filter.refused ? Value{std::int64_t{*filter.refused ? 1 : 0}} : Value{},
         filter.after.value_or(0), number},
        [&](const Record& record) {
            take(record);
            return true;
        });
}

std::int64_t limit_of(const Filter& filter) {
    return std::max<std::int64_t>(0, filter.limit.value_or(std::numeric_limits<std::int64_t>::max()));
}

/// Where the chain begins.
AuditHead start_of(const std::optional<AuditCheckpoint>& checkpoint) {
    AuditHead start;
    if (!checkpoint) return start;
    start.sequence = checkpoint->sequence;
    std::ranges::copy(checkpoint->hash, start.hash.begin());
    return start;
}

Error broken(const Break& found) {
    return refuse(Errc::mismatch, found.what, "look for who could write the database file; restore a backup");
}

std::string head_text(std::int64_t sequence, std::string_view hash) {
    return fmt::format("jeton audit head {} {}", sequence, hash);
}

/// The store is not the one that entry `sequence` was kept of; up to `equal` it is.
Error differs(std::int64_t sequence, std::int64_t equal, std::int64_t last) {
    constexpr std::string_view next =
        "the database and its anchor were put back together, or replaced: keep the files, look for who could write "
        "both, restore the newest backup";
    const auto since =
        equal + 1 == sequence ? std::string{} : fmt::format(" (up to entry {} they are the same)", equal);
    if (sequence > last) {
        return refuse(Errc::mismatch,
                      fmt::format("the store was rolled back: its last entry is {}, and entry {} was seen{}", last,
                                  sequence, since),
                      std::string{next});
    }
    return refuse(
        Errc::mismatch,
        fmt::format("audit entry {} is not the one that was seen{}: the store was rolled back and has gone on",
                    sequence, since),
        std::string{next});
}

}  // namespace

AuditEntry own_entry(UtcSeconds at, std::string event, std::string subject, std::string detail) {
    AuditEntry entry;
    entry.at = at;
    entry.actor_uid = geteuid();
    entry.actor_pid = getpid();
    entry.actor_command = "jeton-vault";
    entry.event = std::move(event);
    entry.subject = std::move(subject);
    entry.via = "vault";
    entry.detail = std::move(detail);
    return entry;
}

std::vector<AuditEntry> list(Transaction& tx, const Filter& filter) {
    std::vector<AuditEntry> entries;
    each_matching(tx, filter, oldest_first, limit_of(filter),
                  [&](const Record& record) { entries.push_back(entry_of(record)); });
    return entries;
}

std::vector<HashedEntry> list_hashed(Transaction& tx, const Filter& filter) {
    std::vector<HashedEntry> entries;
    each_matching(tx, filter, oldest_first, limit_of(filter), [&](const Record& record) {
        entries.push_back({entry_of(record), hex(std::get<Bytes>(record.at(hash_column)))});
    });
    return entries;
}

std::int64_t before_newest(Transaction& tx, const Filter& filter, std::int64_t count) {
    std::int64_t sequence = filter.after.value_or(0);
    each_matching(tx, filter, behind_the_newest, count,
                  [&](const Record& record) { sequence = entry_of(record).sequence; });
    return sequence;
}

Result<Verified> verify(Transaction& tx) {
    auto& engine = tx.engine();
    const auto& head = engine.authority.counters().audit;
    const auto start = start_of(audit_checkpoints::find(tx));
    if (const auto found = find_break(*engine.database, engine.root_key(), start, head, 1)) return broken(*found);
    return Verified{engine.database->number("SELECT count(*) FROM audit"), head.sequence, hex(head.hash)};
}

SignedHead sign_head(Transaction& tx, std::int64_t sequence, std::span<const unsigned char> hash) {
    SignedHead head{sequence, hex(hash), {}, {}};
    const auto signature = sign_audit_head(tx.root(), head_text(sequence, head.hash));
    head.signature = hex(signature.signature);
    head.public_key = hex(signature.public_key);
    return head;
}

Result<Compared> compare(Transaction& tx, const std::vector<KnownHead>& known) {
    auto& engine = tx.engine();
    const auto& head = engine.authority.counters().audit;
    const auto checkpoint = audit_checkpoints::find(tx);
    const auto begin = start_of(checkpoint);
    Compared compared;
    std::int64_t last_equal = begin.sequence;
    for (const auto& one : known) {
        if (one.sequence < begin.sequence) {
            ++compared.pruned;
            continue;
        }
        auto stands =
            one.sequence == begin.sequence ? std::optional{begin.hash} : hash_at(*engine.database, one.sequence);
        if (stands && hex(*stands) == one.hash) {
            ++compared.equal;
            last_equal = one.sequence;
            continue;
        }
        if (!one.signature.empty() &&
            hex(sign_audit_head(tx.root(), head_text(one.sequence, one.hash)).signature) != one.signature) {
            ++compared.foreign;
            continue;
        }
        return differs(one.sequence, last_equal, head.sequence);
    }
    return compared;
}

SignedHead signed_head(Transaction& tx) {
    const auto& head = tx.engine().authority.counters().audit;
    return sign_head(tx, head.sequence, head.hash);
}

Result<Pruned> prune(Transaction& tx, UtcSeconds before, const std::string& pruned_by) {
    auto& engine = tx.engine();
    const auto known = audit_checkpoints::find(tx);
    const auto& head = engine.authority.counters().audit;
    if (const auto found = find_break(*engine.database, engine.root_key(), start_of(known), head, 1)) {
        return broken(*found);
    }
    // The anchor vouches for a store whose chain contains its head: that entry must stay.
    const auto anchored = engine.anchor.read(engine.root_key());
    const auto last = std::min(head.sequence, anchored ? anchored->audit_sequence : 0) - 1;
    const auto seconds = std::int64_t{before.time_since_epoch().count()};
    const auto end = std::min(last, engine.database->number("SELECT ifnull(min(sequence), ?2 + 1) - 1 FROM audit "
                                                            "WHERE at >= ?1",
                                                            {seconds, head.sequence}));
    const auto hash = hash_at(*engine.database, end);
    if (end <= (known ? known->sequence : 0) || !hash) return Pruned{0, known};
    AuditCheckpoint checkpoint;
    checkpoint.id = AuditCheckpointId::fresh();
    checkpoint.sequence = end;
    checkpoint.hash = Bytes{hash->begin(), hash->end()};
    checkpoint.at = tx.high_water();
    checkpoint.pruned_by = pruned_by;
    if (known) tx.erase(*known);
    tx.insert(checkpoint);
    engine.wrote();
    const auto entries = engine.database->number("SELECT count(*) FROM audit WHERE sequence <= ?", {end});
    engine.database->run("DELETE FROM audit WHERE sequence <= ?", {end});
    // A row that is deleted or put back outside jeton is named by the entry that told of it last. What goes away here
    // is told again by the entry of the pruning itself.
    std::set<std::pair<std::string, std::string>> told;
    told.emplace(Table<AuditCheckpoint>::name, checkpoint.id.text);
    each_change(*engine.database, [&](const RowChange& change) { told.emplace(change.table, change.id); });
    engine.authority.tell_again(told);
    return Pruned{entries, std::move(checkpoint)};
}

}  // namespace jeton::vault::audit
