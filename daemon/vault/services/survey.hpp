/// What there is, how old it is and what ends soon, counted over the whole store: for those who see all of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// What is worth a word: `[warnings]` of the configuration.
struct AgeLimits {
    std::chrono::days old{90};  ///< of an active secret, since it was made or imported
    std::chrono::days soon{7};  ///< until the end of a binding, role, pair, client key, ticket or overlap

    [[nodiscard]] static AgeLimits of(const Config& config) {
        return {std::chrono::days{config.warnings.secret_age_days}, std::chrono::days{config.warnings.deadline_days}};
    }
    [[nodiscard]] bool is_old(UtcSeconds made, UtcSeconds now) const { return now - made >= old; }
    /// It has not ended yet, and will before long.
    [[nodiscard]] bool is_soon(const std::optional<UtcSeconds>& end, UtcSeconds now) const {
        return end && *end > now && *end - now <= soon;
    }
};

/// "in 3 days", "in 5 hours": how far `end` is, for a person; rounded down.
[[nodiscard]] std::string time_until(UtcSeconds end, UtcSeconds now);
/// "120 days": how long ago `then` was, for a person; rounded down.
[[nodiscard]] std::string age_of(UtcSeconds then, UtcSeconds now);

struct EnvironmentSurvey {
    EnvironmentId id;
    std::string name;
    EnvironmentKind kind = EnvironmentKind::local;
    std::string token_endpoint;
    std::int64_t not_connected = 0, connected = 0, disabled = 0;  ///< connections, by state
    std::int64_t active_secrets = 0;
    std::int64_t old_secrets = 0;
    std::int64_t ending_in_30_days = 0;       ///< active secrets with a deadline that is nearer than that
    std::int64_t two_for_long = 0;            ///< connections with two active secrets, neither of which is to end
    std::int64_t need_import = 0;             ///< connections whose pairs must be imported anew
    std::optional<UtcSeconds> oldest_secret;  ///< when the oldest active one was made
};

/// What ends within `AgeLimits::soon`.
struct EndsSoon {
    std::int64_t bindings = 0, roles = 0, pairs = 0, client_keys = 0, tickets = 0, overlaps = 0;

    [[nodiscard]] std::int64_t sum() const { return bindings + roles + pairs + client_keys + tickets + overlaps; }
};

struct Survey {
    UtcSeconds at{};
    std::vector<EnvironmentSurvey> environments;
    EndsSoon ends_soon;
    std::map<std::string, std::string> environment_of;  ///< of each connection, both by id

    [[nodiscard]] std::int64_t old_secrets() const;
    [[nodiscard]] std::int64_t need_import() const;
    [[nodiscard]] const EnvironmentSurvey* find(std::string_view name) const;
};

/// Reads every connection, secret, binding, role, pair, client key and ticket. Throws Tampered, StoreFault.
[[nodiscard]] Survey survey(Transaction& tx, const AgeLimits& limits, UtcSeconds now);

/// The survey of now, made anew where something has changed, or after a minute: `status --watch` and scrapers ask
/// often.
class KeptSurvey {
public:
    /// Valid until the next call.
    [[nodiscard]] const Survey& of(Transaction& tx, const AgeLimits& limits, UtcSeconds now);

private:
    std::optional<Survey> kept_;
    std::string instance_;
    std::int64_t epoch_ = 0;
};

}  // namespace jeton::vault
