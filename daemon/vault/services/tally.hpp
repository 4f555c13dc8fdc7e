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
    void count_token(const AuditEntry& entry, const Usage& used);
    /// Whether this refusal is the first of its kind within the period and must be written at once; others are counted.
    [[nodiscard]] bool is_first_refusal(const AuditEntry& entry);
    /// The group that counted is committed: what it counted is kept until it is written.
    void keep();
    /// It is not: it will be done again, or was refused. Costs what it counted.
    void take_back() { fresh_ = {}; }
    /// The one or the other, by whether the group is in the store.
    void settle(bool is_stored) { is_stored ? keep() : take_back(); }

    /// Also where the clock was set back: what was counted does not wait until it has caught up.
    [[nodiscard]] bool is_due(UtcSeconds now) const { return !empty() && (now - since_ >= period || now < since_); }
    [[nodiscard]] bool empty() const { return kept_.tokens.empty() && kept_.refusals.empty() && kept_.usage.empty(); }

    /// Writes what is kept. The caller clears after the commit.
    void write(Transaction& tx) const;
    void clear(UtcSeconds now);

private:
    using Key = std::vector<std::string>;

    struct Counts {
        std::map<Key, AuditEntry> tokens;
        std::map<Key, AuditEntry> refusals;
        std::map<Key, Usage> usage;
    };

    Counts kept_;
    Counts fresh_;  ///< of the group that is open
    UtcSeconds since_{};
};

}  // namespace jeton::vault
