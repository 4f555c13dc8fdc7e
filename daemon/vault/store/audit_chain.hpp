/// The audit as a chain: how an entry becomes bytes, how it is appended, how the chain is walked.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/authority.hpp"
#include "daemon/vault/store/database.hpp"

namespace jeton::vault::audit {

/// All columns of table `audit` but `changes` and `hash`, in the order in which `entry_of` reads them.
[[nodiscard]] AuditEntry entry_of(const Record& record);

/// All columns of table `audit`, in the order of a full record.
[[nodiscard]] std::span<const std::string_view> columns();
/// Full records from the sequence `first` on, oldest first, until `visit` returns false.
void each_record(Database& database, std::int64_t first, const std::function<bool(const Record&)>& visit);
/// The hash that stands in a full record; nothing where it is not that of the entry behind `previous`.
[[nodiscard]] std::optional<Mac> checked_hash(const RootKey& root, const Mac& previous, const Record& record);
/// What the entry of a full record is about.
[[nodiscard]] std::vector<RowChange> changes_of(const Record& record);

/// Writes `entry` after `head`, with the changes it is about; gives back the new head. `entry.sequence` is not looked
/// at.
[[nodiscard]] AuditHead append(Database& database, const RootKey& root, const AuditHead& head, AuditEntry entry,
                               const std::vector<RowChange>& changes);

/// Where the chain does not hold, and how.
struct Break {
    std::int64_t sequence = 0;
    std::string what;  ///< "audit entry 7 was edited outside jeton"
};

/// Walks on from `reached`, the last entry that holds, to the entry `until` at most; `reached` is then where it holds
/// up to. Nothing = all of them hold.
[[nodiscard]] std::optional<Break> walk_chain(Database& database, const RootKey& root, AuditHead& reached,
                                              std::int64_t until);

/// Walks the entries from `first` (at least the one behind `start`) to the last one, which must be `head`. `start` is
/// the checkpoint of a pruned audit, or zero. Nothing = the chain holds.
[[nodiscard]] std::optional<Break> find_break(Database& database, const RootKey& root, const AuditHead& start,
                                              const AuditHead& head, std::int64_t first);

/// The hash that stands at `sequence`; zero for 0, nothing where there is no such entry. Not verified.
[[nodiscard]] std::optional<Mac> hash_at(Database& database, std::int64_t sequence);

/// Every authority change of every entry, oldest first.
void each_change(Database& database, const std::function<void(const RowChange&)>& visit);

}  // namespace jeton::vault::audit
