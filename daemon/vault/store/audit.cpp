#include "daemon/vault/store/audit.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/keys/audit_signature.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/audit_checkpoints.hpp"
#include "daemon/vault/store/audit_search.hpp"
#include "daemon/vault/store/engine.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::audit {
namespace {

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
    auto rest = filter;
    const auto last = tx.engine().authority.counters().audit.sequence;
    while (rest.after.value_or(0) < last && rest.limit != 0) {
        const auto found = entries.size();
        rest.after = search_forward(*tx.engine().database, rest, last,
                                    [&](const Record& record) { entries.push_back(entry_of(record)); });
        if (rest.limit) *rest.limit -= static_cast<std::int64_t>(entries.size() - found);
    }
    return entries;
}

Found find(Transaction& tx, const Filter& filter) {
    Found found;
    const auto last = tx.engine().authority.counters().audit.sequence;
    found.reached = search_forward(*tx.engine().database, filter, last, [&](const Record& record) {
        found.entries.push_back({entry_of(record), hex(std::get<Bytes>(record.at(found_hash_column)))});
    });
    found.is_last = found.reached >= last;
    return found;
}

NewestSearch look_for_newest(Transaction& tx, const Filter& filter, NewestSearch search) {
    search.below = search_backward(*tx.engine().database, filter, search.below, search.wanted);
    return search;
}

std::int64_t before_newest(Transaction& tx, const Filter& filter, std::int64_t count) {
    NewestSearch search{tx.engine().authority.counters().audit.sequence + 1, count + 1};
    while (search.below > 0 && search.wanted > 0) search = look_for_newest(tx, filter, search);
    return search.wanted == 0 ? search.below : filter.after.value_or(0);
}

Result<Verified> verify(Transaction& tx) {
    VerifyWalk walk;
    auto verified = verify_on(tx, walk, [] { return true; });
    if (!verified) return verified.error();
    return **std::move(verified);
}

Result<std::optional<Verified>> verify_on(Transaction& tx, VerifyWalk& walk, const std::function<bool()>& has_time) {
    constexpr std::int64_t between_looks = 512;  ///< at the time: a millisecond of work
    auto& engine = tx.engine();
    const auto head = engine.authority.counters().audit;
    const auto start = start_of(audit_checkpoints::find(tx));
    AuditHead reached{walk.sequence, walk.hash};
    if (reached.sequence < start.sequence) reached = start;
    while (reached.sequence < head.sequence) {
        const auto until = std::min(head.sequence, reached.sequence + between_looks);
        const auto before = reached.sequence;
        if (const auto found = walk_chain(*engine.database, engine.root_key(), reached, until)) return broken(*found);
        walk.entries += reached.sequence - before;
        walk.sequence = reached.sequence;
        walk.hash = reached.hash;
        if (reached.sequence < head.sequence && !has_time()) return std::optional<Verified>{};
    }
    // Nothing behind the head, and the head itself.
    if (const auto found = find_break(*engine.database, engine.root_key(), reached, head, head.sequence + 1))
        return broken(*found);
    return std::optional{Verified{head.sequence - start.sequence, head.sequence, hex(head.hash)}};
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

Result<Pruned> prune(Transaction& tx, UtcSeconds before, const std::string& pruned_by,
                     const std::function<bool()>& has_time) {
    constexpr std::int64_t between_looks = 512;  ///< at the time
    auto& engine = tx.engine();
    const auto known = audit_checkpoints::find(tx);
    const auto start = start_of(known);
    const auto& head = engine.authority.counters().audit;
    // The anchor vouches for a store whose chain contains its head: that entry must stay.
    const auto anchored = engine.anchor.read(engine.root_key());
    const auto last = std::min(head.sequence, anchored ? anchored->audit_sequence : 0) - 1;
    // What is pruned has to hold: what was altered is not covered up. What stays can be verified as ever.
    AuditHead end = start;
    std::vector<RowChange> changes;
    bool is_old = true;
    do {
        const auto until = std::min(last, end.sequence + between_looks);
        std::optional<Break> found;
        each_record(*engine.database, end.sequence + 1, [&](const Record& record) {
            const auto expected = end.sequence + 1;
            if (expected > until) return false;
            const auto hash = checked_hash(engine.root_key(), end.hash, record);
            if (record.front() != Value{expected} || !hash) {
                found = Break{expected, fmt::format("audit entry {} {}", expected,
                                                    record.front() == Value{expected} ? "was edited outside jeton"
                                                                                      : "is missing")};
                return false;
            }
            is_old = entry_of(record).at < before;
            if (!is_old) return false;
            for (auto& change : changes_of(record)) changes.push_back(std::move(change));
            end = {expected, *hash};
            return true;
        });
        if (found) return broken(*found);
        if (is_old && end.sequence < until) {
            return broken({end.sequence + 1, fmt::format("audit entry {} is missing", end.sequence + 1)});
        }
    } while (is_old && end.sequence < last && has_time());
    if (end.sequence <= start.sequence) return Pruned{0, known, false};
    AuditCheckpoint checkpoint;
    checkpoint.id = AuditCheckpointId::fresh();
    checkpoint.sequence = end.sequence;
    checkpoint.hash = Bytes{end.hash.begin(), end.hash.end()};
    checkpoint.at = tx.high_water();
    checkpoint.pruned_by = pruned_by;
    if (known) tx.erase(*known);
    tx.insert(checkpoint);
    engine.wrote();
    engine.database->run("DELETE FROM audit WHERE sequence <= ?", {end.sequence});
    // A row that is deleted or put back outside jeton is named by the entry that told of it last. Where that one goes
    // away here, the entry of the pruning itself tells of the row again.
    engine.authority.tell_again(changes);
    // The anchor follows this commit: what it kept from being pruned is next.
    return Pruned{end.sequence - start.sequence, std::move(checkpoint), is_old && end.sequence < head.sequence - 1};
}

}  // namespace jeton::vault::audit
