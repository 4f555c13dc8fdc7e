/// What is wrong, or will be soon, and what mends it: `jeton doctor`. Each check looks at one thing and changes
/// nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/services/survey.hpp"
#include "daemon/vault/services/upstream_condition.hpp"
#include "daemon/vault/store/disk_use.hpp"
#include "daemon/vault/store/store.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

enum class Severity {
    ok,       ///< looked at, and well
    note,     ///< worth knowing
    warning,  ///< will be a problem
    problem,  ///< somebody gets no token, or will get none after a restart
};

[[nodiscard]] std::string_view name_of(Severity severity);

struct Finding {
    std::string_view check;  ///< what was looked at, one word
    Severity severity = Severity::ok;
    std::string what;
    std::string next = {};  ///< what mends it, a command where there is one; empty: nothing to do
};
using Findings = std::vector<Finding>;

/// Names of this host, for the numbers of bindings, roles and pairs; empty where a number has none. What was not looked
/// up is not judged.
struct Accounts {
    std::map<std::int64_t, std::string> users, groups;
};

/// In any state of the store.
[[nodiscard]] Findings check_store(const Store& store);
/// Databases of before migrations, which still open by the keys of then.
[[nodiscard]] Findings check_kept_stores(const std::vector<KeptStore>& kept);
/// Whether the store opens at a restart by what is configured, and elsewhere by what a person has. Reads key files.
[[nodiscard]] Findings check_key_slots(const std::vector<KeySlot>& slots, const Config& config);
/// Reads the configuration again, as a restart would. `read_at`: when this vault did, at its start or by a reload.
[[nodiscard]] Findings check_config(const Config& running, UtcSeconds read_at);
[[nodiscard]] Findings check_disk(const DiskUse& use, const Config& config);

/// When a person's way into the store was tried last (`key slot test`).
[[nodiscard]] Findings check_trials(Transaction& tx, UtcSeconds now);
/// `behind`: how far the host's clock is behind the store's time.
[[nodiscard]] Findings check_clock(std::chrono::seconds behind);
/// One finding for each environment with a token endpoint elsewhere; nothing is asked.
[[nodiscard]] Findings check_upstream(const EnvironmentSurvey& environment, const UpstreamCondition& condition);
/// CA files that cannot be used, so that their endpoints are not asked. Reads them.
[[nodiscard]] Findings check_authorities(Transaction& tx);
/// Pairs that their issuer refuses, and connections that it grants less than their tenant accepted.
[[nodiscard]] Findings check_grants(Transaction& tx, const UpstreamTokens& upstream, const UpstreamSightings& sightings,
                                    const Survey& survey);
[[nodiscard]] Findings check_secrets(const Survey& survey, const AgeLimits& limits);
[[nodiscard]] Findings check_ends(const Survey& survey, const AgeLimits& limits);
/// Bindings, roles and pairs of users and groups that the host does not have any more, or not under this number.
[[nodiscard]] Findings check_accounts(Transaction& tx, const Accounts& accounts);
/// `verified_at`: when the whole chain was last walked.
[[nodiscard]] Findings check_audit(UtcSeconds verified_at, UtcSeconds now);
[[nodiscard]] Findings check_backup(Transaction& tx, UtcSeconds now);

/// The numbers that `check_accounts` asks about, each with the name that the store has for it.
[[nodiscard]] Accounts named_accounts(Transaction& tx);

}  // namespace jeton::vault
