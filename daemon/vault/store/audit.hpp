/// The audit: who changed or was refused what, in a chain that cannot be edited unnoticed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/audit_checkpoint.hpp"

namespace jeton::vault {

class Transaction;

/// One entry. Has no member that a secret could be put into by its type; texts are names and reasons.
struct AuditEntry {
    std::int64_t sequence = 0;  ///< 1, 2, 3 … without gap; given by the store
    UtcSeconds at{};
    std::string host;  ///< empty = this host's name, filled in by the store
    std::int64_t actor_uid = 0;
    std::string actor_user;
    std::int64_t actor_pid = 0;
    std::string actor_command;
    std::string actor_unit;  ///< systemd unit; empty where it is not known
    std::string event;       ///< `secret.generated`
    std::string subject;
    std::string connection;  ///< `APP/TENANT@ENVIRONMENT` or empty
    std::string tenant;      ///< `TENANT@ENVIRONMENT` or empty
    std::string via;         ///< `control`, `token`, `vault`; of a token: `binding …`, `secret …`, `pair …`
    bool refused = false;
    std::string detail;
    std::int64_t count = 1;  ///< how often, where equal ones were put together
};

namespace audit {

/// An entry of what the vault does by itself, under its own uid.
[[nodiscard]] AuditEntry own_entry(UtcSeconds at, std::string event, std::string subject, std::string detail);

/// Absent members do not filter.
struct Filter {
    std::optional<std::string> tenant;      ///< `TENANT@ENVIRONMENT`
    std::optional<std::string> connection;  ///< `APP/TENANT@ENVIRONMENT`
    std::optional<std::string> user;        ///< name, or uid in digits
    std::optional<std::string> event_glob;  ///< `secret.*`
    std::optional<UtcSeconds> since;        ///< from this second on
    std::optional<UtcSeconds> until;        ///< before this second
    std::optional<bool> refused;            ///< only refusals, or only what was done
    std::optional<std::int64_t> after;      ///< only entries with a greater sequence
    std::optional<std::int64_t> limit;      ///< at most so many
};

/// Oldest first, at most `limit`.
[[nodiscard]] std::vector<AuditEntry> list(Transaction& tx, const Filter& filter);
/// The sequence behind which the newest `count` of the entries that `filter` asks for stand; 0 where there are fewer.
[[nodiscard]] std::int64_t before_newest(Transaction& tx, const Filter& filter, std::int64_t count);

/// A search for the newest entries, as far as it has come.
struct NewestSearch {
    std::int64_t below = 0;   ///< only older entries are left to be looked at; 0: all have been
    std::int64_t wanted = 0;  ///< so many more, and one that is not shown; 0: they are found, from `below` on
};
/// One piece of it, some 20 ms. Begin with the sequence behind the last one, and one more than is wanted.
[[nodiscard]] NewestSearch look_for_newest(Transaction& tx, const Filter& filter, NewestSearch search);

/// An entry with its hash in the chain, in hexadecimal.
struct HashedEntry {
    AuditEntry entry;
    std::string hash;
};
/// Part of a listing, oldest first.
struct Found {
    std::vector<HashedEntry> entries;
    std::int64_t reached = 0;  ///< up to this sequence everything was looked at
    bool is_last = false;      ///< nothing is left behind it
};
/// At most `limit`; fewer where looking for them takes longer than some 20 ms. Not verified here.
[[nodiscard]] Found find(Transaction& tx, const Filter& filter);

struct Verified {
    std::int64_t entries = 0;
    std::int64_t head_sequence = 0;  ///< 0 = none yet
    std::string head_hash;           ///< hexadecimal
};

/// Walks the whole chain, from the checkpoint where the audit was pruned, up to the head that the store keeps sealed.
/// Refuses `mismatch`, naming the first bad entry.
[[nodiscard]] Result<Verified> verify(Transaction& tx);

/// The same in pieces, between which the audit may grow and be pruned. What was passed has held.
struct VerifyWalk {
    std::int64_t sequence = 0;  ///< of the last entry that was passed
    std::array<unsigned char, 32> hash{};
    std::int64_t entries = 0;  ///< that were passed
};
/// Goes on until `has_time` says no; nothing: there is more to be walked.
[[nodiscard]] Result<std::optional<Verified>> verify_on(Transaction& tx, VerifyWalk& walk,
                                                        const std::function<bool()>& has_time);

/// Ed25519 over a head, by a key that is derived from the root key: proves off this host, with the public key that was
/// noted before, what the chain was when (RFC 8032). All in hexadecimal.
struct SignedHead {
    std::int64_t sequence = 0;
    std::string hash;
    std::string signature;  ///< over the text `jeton audit head SEQUENCE HASH`
    std::string public_key;
};
[[nodiscard]] SignedHead sign_head(Transaction& tx, std::int64_t sequence, std::span<const unsigned char> hash);
/// The head as it is now.
[[nodiscard]] SignedHead signed_head(Transaction& tx);

/// What somebody kept of the chain: an entry's sequence and hash, as an export or the log had them; with the signature
/// where it is a head. All texts in hexadecimal, `signature` empty where there is none.
struct KnownHead {
    std::int64_t sequence = 0;
    std::string hash;
    std::string signature;
};
struct Compared {
    std::int64_t equal = 0;    ///< stand in the chain as they were kept
    std::int64_t pruned = 0;   ///< older than where the audit begins now
    std::int64_t foreign = 0;  ///< differ, and their signature is not by this store's key: of another store
};
/// Holds `known`, oldest first, against the chain as it is. Says nothing of the chain itself: `verify` does. Refuses
/// `mismatch`, naming the first entry that is not the one that was kept, or that is missing because the store is older:
/// then database and anchor were put back together (T27). What was kept without a signature is believed.
[[nodiscard]] Result<Compared> compare(Transaction& tx, const std::vector<KnownHead>& known);

/// What `prune` took away.
struct Pruned {
    std::int64_t entries = 0;
    std::optional<AuditCheckpoint> checkpoint;  ///< as it stands now
    bool has_more = false;                      ///< there are older ones still: go on
};
/// Deletes the oldest entries, up to the first that is not older than `before`, or as many as `has_time` allows, and
/// writes the checkpoint that the chain goes on from. The anchor's head and what follows stay, whatever their age.
/// Refuses `mismatch` where what would go does not hold: what was altered is not covered up. The entry that the caller
/// appends tells again of all rows that the deleted entries told of last.
[[nodiscard]] Result<Pruned> prune(
    Transaction& tx, UtcSeconds before, const std::string& pruned_by,
    const std::function<bool()>& has_time = [] { return true; });

}  // namespace audit
}  // namespace jeton::vault
