#include "daemon/vault/store/unseal_checks.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/keys/tampered.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/row_scan.hpp"
#include "daemon/vault/store/state_row.hpp"

namespace jeton::vault {
namespace {

constexpr std::string_view after_tampering = "look for who could write the database file; restore a backup";

Error tampered(std::string what) { return refuse(Errc::mismatch, std::move(what), std::string{after_tampering}); }

using RowName = std::pair<std::string, std::string>;  ///< table, id

const TableInfo* table_named(std::string_view name) {
    for (const auto* table : authority_tables()) {
        if (table->name == name) return table;
    }
    return nullptr;
}

/// The set of rows is not the one that was committed: the audit knows which row was put back, put in or taken away.
Error name_wrong_row(Database& database, const Authority& found) {
    std::map<RowName, std::optional<Mac>> expected;
    audit::each_change(database, [&](const RowChange& change) { expected[{change.table, change.id}] = change.mac; });
    for (const auto& [row, mac] : expected) {
        const auto& [name, id] = row;
        const auto* table = table_named(name);
        const auto* present = table == nullptr ? nullptr : found.find(*table, id);
        if (!mac && present != nullptr) {
            return tampered(fmt::format("row {} of table {} was deleted by jeton and put back outside it", id, name));
        }
        if (mac && present == nullptr)
            return tampered(fmt::format("row {} of table {} was deleted outside jeton", id, name));
        if (mac && !same_mac(*mac, *present)) {
            return tampered(fmt::format("row {} of table {} was replaced by an older one outside jeton", id, name));
        }
    }
    std::set<RowName> told;
    for (const auto& [row, mac] : expected) told.insert(row);
    if (const auto stranger = found.row_beyond(told)) {
        return tampered(fmt::format("row {} of table {} was put back outside jeton, which had deleted it long ago",
                                    stranger->id, stranger->table));
    }
    return tampered("the rows of the database are not those that jeton wrote last");
}

/// Where the audit begins. Its row has passed the scan.
AuditHead audit_start(Database& database) {
    AuditHead start;
    const auto rows = database.query("SELECT sequence, hash FROM audit_checkpoints ORDER BY sequence DESC LIMIT 1");
    if (rows.empty()) return start;
    const auto* sequence = std::get_if<std::int64_t>(rows.front().data());
    const auto* hash = std::get_if<Bytes>(&rows.front()[1]);
    if (sequence == nullptr || hash == nullptr || hash->size() != start.hash.size()) return start;
    start.sequence = *sequence;
    std::ranges::copy(*hash, start.hash.begin());
    return start;
}

/// Why the anchor does not vouch for this store; nothing = it does.
struct Doubt {
    std::string what;
    std::vector<std::string> lost;
};

std::optional<Doubt> doubt(Database& database, const Anchor& anchor, const std::optional<AnchorContent>& seen,
                           const Counters& store, const RootKey& root) {
    if (!seen) {
        const auto* how = anchor.exists() ? "is damaged or belongs to another store" : "is missing";
        return Doubt{
            fmt::format("the anchor {} {}", anchor.file().string(), how),
            {fmt::format("the anchor {}: whether changes after epoch {} are lost cannot be told", how, store.epoch)}};
    }
    if (store.epoch < seen->epoch || store.audit.sequence < seen->audit_sequence) {
        Doubt rolled_back{fmt::format("the store is at epoch {}, its anchor has seen epoch {}: it was rolled back",
                                      store.epoch, seen->epoch),
                          {}};
        if (store.epoch < seen->epoch) {
            rolled_back.lost.push_back(fmt::format("changes of epochs {} to {}", store.epoch + 1, seen->epoch));
        }
        if (store.audit.sequence < seen->audit_sequence) {
            rolled_back.lost.push_back(
                fmt::format("audit entries {} to {}", store.audit.sequence + 1, seen->audit_sequence));
        }
        return rolled_back;
    }
    const auto passed = audit::hash_at(database, seen->audit_sequence);
    const bool same_rows = store.epoch != seen->epoch || same_mac(seen->set_digest, store.set.digest(root));
    if (!passed || !same_mac(seen->audit_hash, *passed) || !same_rows) {
        return Doubt{fmt::format("the store did not grow out of what its anchor has seen at epoch {}", seen->epoch),
                     {fmt::format("the changes around epoch {} that the anchor has seen", seen->epoch)}};
    }
    return std::nullopt;
}

}  // namespace

Result<CheckedStore> check_store(Database& database, Anchor& anchor, RootKey& root, bool accept_rollback) {
    const auto state = read_state(database, root);
    if (!state) return tampered("the state row was edited outside jeton, or the key slot belongs to another store");

    CheckedStore checked;
    if (auto bad = scan_rows(database, root, checked.authority)) return tampered(*std::move(bad));
    const auto start = audit_start(database);
    const auto seen = anchor.read(root);
    const auto first = seen ? std::min(seen->audit_sequence, state->audit.sequence) : 1;
    if (const auto broken = audit::find_break(database, root, start, state->audit, first))
        return tampered(broken->what);
    if (checked.authority.counters().set != state->set) {
        if (const auto broken = audit::find_break(database, root, start, state->audit, 1))
            return tampered(broken->what);
        return name_wrong_row(database, checked.authority);
    }
    checked.authority.counters() = *state;

    if (auto doubted = doubt(database, anchor, seen, *state, root)) {
        if (!accept_rollback) {
            return refuse(Errc::mismatch, std::move(doubted->what),
                          "put the newest files back, or accept the loss: jeton unseal --accept-rollback");
        }
        checked.lost = std::move(doubted->lost);
    }
    checked.anchor_epoch = seen ? seen->epoch : 0;
    checked.anchor_is_behind = !seen || seen->epoch != state->epoch;
    return checked;
}

}  // namespace jeton::vault
