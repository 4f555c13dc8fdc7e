/// The audit: who changed or was refused what, in a chain that cannot be edited unnoticed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"

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
    std::string event;  ///< `secret.generated`
    std::string subject;
    std::string connection;  ///< `APP/TENANT@ENVIRONMENT` or empty
    std::string tenant;      ///< `TENANT@ENVIRONMENT` or empty
    std::string via;         ///< `control`, `token`, `vault`
    bool refused = false;
    std::string detail;
    std::int64_t count = 1;  ///< how often, where equal ones were put together
};

namespace audit {

/// Absent members do not filter.
struct Filter {
    std::optional<std::string> tenant;      ///< `TENANT@ENVIRONMENT`
    std::optional<std::string> connection;  ///< `APP/TENANT@ENVIRONMENT`
    std::optional<std::string> user;        ///< name, or uid in digits
    std::optional<std::string> event_glob;  ///< `secret.*`
    std::optional<UtcSeconds> since;        ///< from this second on
    std::optional<UtcSeconds> until;        ///< before this second
    std::optional<std::int64_t> limit;      ///< the newest so many
};

/// Oldest first.
[[nodiscard]] std::vector<AuditEntry> list(Transaction& tx, const Filter& filter);

struct Verified {
    std::int64_t entries = 0;
    std::int64_t head_sequence = 0;  ///< 0 = none yet
    std::string head_hash;           ///< hexadecimal
};

/// Walks the whole chain up to the head that the store keeps sealed. Refuses `mismatch`, naming the first bad entry.
[[nodiscard]] Result<Verified> verify(Transaction& tx);

}  // namespace audit
}  // namespace jeton::vault
