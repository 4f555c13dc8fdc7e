/// What happens often is written down together: token fetches by user and connection, refusals by user and reason.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/transaction.hpp"
#include "daemon/vault/store/usage.hpp"

namespace jeton::vault {

/// One thread. What it holds is lost with a killed process; listings flush it first, so they never miss it.
class Tally {
public:
    static constexpr std::chrono::seconds period{60};

    /// A token that was handed out: counted by user, unit, connection and what it was handed out for, and as use of a
    /// secret.
    void count_token(AuditEntry entry, Usage used);
    /// Whether this refusal is the first of its kind within the period and must be written at once; others are counted.
    [[nodiscard]] bool is_first_refusal(const AuditEntry& entry);

    /// Also where the clock was set back: what was counted does not wait until it has caught up.
    [[nodiscard]] bool is_due(UtcSeconds now) const { return !empty() && (now - since_ >= period || now < since_); }
    [[nodiscard]] bool empty() const { return tokens_.empty() && refusals_.empty() && usage_.empty(); }

    /// Writes what was counted. The caller clears after the commit.
    void write(Transaction& tx) const;
    void clear(UtcSeconds now);

private:
    using Key = std::vector<std::string>;

    std::map<Key, AuditEntry> tokens_;
    std::map<Key, AuditEntry> refusals_;
    std::map<Key, Usage> usage_;
    UtcSeconds since_{};
};

}  // namespace jeton::vault
