#include "daemon/vault/services/doctor.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>

#include <fmt/format.h>

#include "daemon/vault/services/authorities.hpp"
#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/key_slots.hpp"
#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/services/roles.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/secrets.hpp"

namespace jeton::vault {
namespace {

constexpr std::int64_t mebibyte = 1024 * 1024;
constexpr std::int64_t little_room = 256 * mebibyte;
constexpr std::int64_t no_room = 16 * mebibyte;
constexpr std::int64_t long_log = 64 * mebibyte;
constexpr std::chrono::seconds clock_adjusted{5};
constexpr std::chrono::seconds drift_seen{30};      ///< a token's `nbf` and `iat` are compared with clocks elsewhere
constexpr std::chrono::seconds drift_harmful{300};  ///< what many checkers tolerate
constexpr std::chrono::days trial_due{180};
constexpr std::chrono::days verify_due{30};
constexpr std::chrono::days backup_due{30};
constexpr std::size_t named_at_most = 20;  ///< findings of one kind
constexpr std::size_t short_id = 8;        ///< characters of an id that name a binding

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// The newest entry of this event that was done.
std::optional<AuditEntry> newest(Transaction& tx, std::string event) {
    audit::Filter filter;
    filter.event_glob = std::move(event);
    filter.refused = false;
    filter.after = audit::before_newest(tx, filter, 1);
    filter.limit = 1;
    auto found = audit::list(tx, filter);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

void add_room(Findings& findings, const std::optional<std::int64_t>& free, const std::filesystem::path& directory) {
    if (!free) {
        findings.push_back({"disk", Severity::warning,
                            fmt::format("the room left for {} cannot be seen", directory.string()),
                            fmt::format("df {}", directory.string())});
    } else if (*free < little_room) {
        findings.push_back({"disk", *free < no_room ? Severity::problem : Severity::warning,
                            fmt::format("{} MiB are left for {}: without room no change can be made, and no token "
                                        "fetch be counted",
                                        *free / mebibyte, directory.string()),
                            fmt::format("df {0}; make room there", directory.string())});
    }
}

/// Whether the host's name for a number is another one than the store's, and in which words.
std::optional<std::string> changed_name(const std::map<std::int64_t, std::string>& names, std::int64_t number,
                                        const std::string& name, std::string_view kind, std::string_view number_word) {
    const auto found = names.find(number);
    if (number < 0 || found == names.end() || found->second == name) return std::nullopt;
    if (found->second.empty())
        return fmt::format("{} {} ({} {}), whom this host does not have any more", kind, name, number_word, number);
    return fmt::format("{} {}, whose {} {} belongs to {} now", kind, name, number_word, number, found->second);
}

void add_account(Findings& findings, const Accounts& accounts, const Identity& identity, const std::string& what,
                 const std::string& next) {
    auto why = changed_name(accounts.users, identity.uid, identity.user, "user", "uid");
    if (!why) why = changed_name(accounts.groups, identity.gid, identity.group, "group", "gid");
    if (!why) return;
    findings.push_back(
        {"accounts", Severity::warning, fmt::format("{} is for {}: it serves nobody", what, *why), next});
}

std::string holder_of(const Identity& identity) {
    return identity.user.empty() ? "--group " + identity.group : "--user " + identity.user;
}

}  // namespace

std::string_view name_of(Severity severity) {
    switch (severity) {
        case Severity::ok: return "ok";
        case Severity::note: return "note";
        case Severity::warning: return "warning";
        case Severity::problem: return "problem";
    }
    return {};
}

Findings check_store(const Store& store) {
    switch (store.state()) {
        case StoreState::unsealed: return {{"store", Severity::ok, "the store is unsealed"}};
        case StoreState::sealed:
            return {{"store", Severity::problem, fmt::format("the store is sealed: {}", store.reason()),
                     way_to_open(store)}};
        case StoreState::uninitialised: break;
    }
    return {{"store", Severity::problem, "there is no store yet", "jeton init"}};
}

Findings check_kept_stores(const std::vector<KeptStore>& kept) {
    Findings findings;
    for (const auto& one : kept) {
        findings.push_back(
            {"store", Severity::note,
             fmt::format(
                 "{} is the store as it was before jeton {} took it over, kept until {}; it opens by the keys of then",
                 one.file.string(), one.version, rfc3339(one.since + kept_for)),
             fmt::format("when nothing is amiss with the new version: rm {}", one.file.string())});
    }
    return findings;
}

Findings check_key_slots(const std::vector<KeySlot>& slots, const Config& config) {
    Findings findings;
    const auto trials = try_configured(slots, config);
    if (trials.empty()) {
        findings.push_back({"keys", Severity::note, "nothing opens the store at a restart: somebody must unseal it",
                            "set key_file or credential in [keys] of jetond.toml, then jeton key slot add"});
    }
    const bool some_opens = std::ranges::any_of(trials, [](const SlotTrial& trial) { return trial.slot.has_value(); });
    for (const auto& trial : trials) {
        if (trial.slot) {
            findings.push_back({"keys", Severity::ok, fmt::format("{} opens the store at a restart", trial.source)});
        } else {
            findings.push_back({"keys", some_opens ? Severity::warning : Severity::problem,
                                fmt::format("{} does not open the store: {}", trial.source, trial.why),
                                "mend it before the next restart, then jeton key slot test"});
        }
    }
    const auto portable = std::ranges::count_if(slots, &KeySlot::is_portable);
    if (portable == 0) {
        findings.push_back({"keys", Severity::warning,
                            "there is no passphrase and no recovery key: with the key of this host all is lost, and no "
                            "backup can be made",
                            "jeton key slot add recovery"});
    } else {
        findings.push_back(
            {"keys", Severity::ok,
             counted(portable, "passphrase or recovery key opens it", "passphrases and recovery keys open it") +
                 " on any host"});
    }
    return findings;
}

Findings check_config(const Config& running, UtcSeconds read_at) {
    ConfigSource source;
    source.user = running.mode == DaemonMode::user;
    if (!running.file.empty()) source.file = running.file;
    const auto again = load_config(source);
    if (!again) {
        return {{"config", Severity::problem, fmt::format("a restart would fail: {}", again.error().what),
                 again.error().next}};
    }
    const auto& file = again->file;
    if (file.empty()) return {{"config", Severity::ok, "there is no configuration file: the defaults hold"}};
    std::error_code ec;
    const auto written = std::filesystem::last_write_time(file, ec);
    // In whole seconds, as the reading is: a file of the same second was there before.
    if (!ec && std::chrono::floor<std::chrono::seconds>(std::chrono::file_clock::to_sys(written)) > read_at) {
        return {{"config", Severity::note, fmt::format("{} was changed after the daemon read it", file.string()),
                 "restart the daemon, or systemctl reload jetond jeton-vault, so that it holds"}};
    }
    return {{"config", Severity::ok, fmt::format("{} is as it was read", file.string())}};
}

Findings check_disk(const DiskUse& use, const Config& config) {
    Findings findings;
    add_room(findings, use.free_for_state, config.paths.state);
    add_room(findings, use.free_for_anchor, config.paths.anchor);
    if (use.write_ahead_log && *use.write_ahead_log > long_log) {
        findings.push_back({"disk", Severity::warning,
                            fmt::format("the write-ahead log has {} MiB: it was not moved into the database for long",
                                        *use.write_ahead_log / mebibyte),
                            "restart the daemon: it empties the log when it ends"});
    }
    if (findings.empty()) {
        findings.push_back({"disk", Severity::ok,
                            fmt::format("{} MiB are left for the store, {} MiB for its anchor",
                                        *use.free_for_state / mebibyte, *use.free_for_anchor / mebibyte)});
    }
    return findings;
}

Findings check_trials(Transaction& tx, UtcSeconds now) {
    const auto tried = newest(tx, "key_slot.tested");
    if (tried && now - tried->at < trial_due) {
        return {{"keys", Severity::ok, fmt::format("{} was tried {} ago", tried->subject, age_of(tried->at, now))}};
    }
    return {{"keys", Severity::note,
             tried ? fmt::format("no passphrase or recovery key was tried for {}", age_of(tried->at, now))
                   : std::string{"no passphrase or recovery key was ever tried"},
             "jeton key slot test"}};
}

Findings check_clock(std::chrono::seconds behind) {
    if (behind < clock_adjusted) return {{"clock", Severity::ok, "the clock of this host agrees with the store"}};
    return {{"clock", Severity::warning,
             fmt::format("the clock of this host is {} s behind what the store has seen", behind.count()),
             "set the clock: timedatectl set-ntp true"}};
}

Findings check_upstream(const EnvironmentSurvey& environment, const UpstreamCondition& condition) {
    Findings findings;
    const auto& name = environment.name;
    if (!condition.is_healthy()) {
        const auto since = condition.failing_since ? " since " + rfc3339(*condition.failing_since) : std::string{};
        const auto again = condition.cooling_until
                               ? fmt::format(", and is not asked before {}", rfc3339(*condition.cooling_until))
                               : std::string{};
        findings.push_back({"upstream", Severity::problem,
                            fmt::format("{} gives no tokens{}{}: {}", name, since, again, condition.last_error),
                            fmt::format("jeton environment show {}; jeton status --watch", name)});
    } else if (!condition.is_known) {
        findings.push_back(
            {"upstream", Severity::note,
             fmt::format("{} was not asked for a token since the daemon began: nothing is known of it", name),
             "jeton token CONNECTION"});
    } else {
        findings.push_back({"upstream", Severity::ok,
                            fmt::format("{} answers; {} in the last hour", name,
                                        counted(condition.requests_last_hour, "request", "requests"))});
    }
    const std::chrono::seconds drift{condition.clock_drift_seconds.value_or(0)};
    if (drift <= -drift_seen || drift >= drift_seen) {
        findings.push_back({"clock", std::chrono::abs(drift) >= drift_harmful ? Severity::problem : Severity::warning,
                            fmt::format("the clock of this host is {} s {} that of {}", std::chrono::abs(drift).count(),
                                        drift.count() > 0 ? "behind" : "ahead of", name),
                            "set the clock: timedatectl set-ntp true"});
    }
    return findings;
}

Findings check_authorities(Transaction& tx) {
    Findings findings;
    for (const auto& environment : environments::list(tx)) {
        const auto authorities = authorities_of(environment.name, environment.ca_file);
        if (authorities) continue;
        const auto& refusal = authorities.error();
        findings.push_back(
            {"upstream", Severity::problem,
             fmt::format("{} gets no new tokens, because its CA file is of no use: {}", environment.name, refusal.what),
             refusal.next});
    }
    return findings;
}

Findings check_grants(Transaction& tx, const UpstreamTokens& upstream, const UpstreamSightings& sightings,
                      const Survey& survey) {
    Findings findings;
    std::size_t refused = 0, lesser = 0;
    for (const auto& environment : survey.environments) {
        if (environment.kind != EnvironmentKind::upstream) continue;
        for (const auto& secret : secrets::of_environment(tx, environment.id)) {
            const auto* refusal = upstream.refusals().find(secret.id.text);
            if (refusal == nullptr || !secret.is_active(tx.high_water()) || ++refused > named_at_most) continue;
            const auto name = connection_with(tx, secret.connection).name();
            findings.push_back({"secrets", Severity::problem,
                                fmt::format("{}... of {} is refused by its issuer since {}", secret.prefix, name,
                                            rfc3339(refusal->since)),
                                fmt::format("jeton secret import {} --client-id ID, with a pair that works", name)});
        }
        for (const auto& connection : connections::of_environment(tx, environment.id)) {
            const auto* granted = sightings.lesser_grant(connection.id);
            if (granted == nullptr || ++lesser > named_at_most) continue;
            const auto name = connection_with(tx, connection.id).name();
            findings.push_back(
                {"upstream", Severity::note,
                 fmt::format("{} is granted {} of the scopes of its version, not all", name, granted->size()),
                 fmt::format("jeton connection show {}", name)});
        }
    }
    const auto unnamed = [&](std::size_t count) { return count > named_at_most ? count - named_at_most : 0; };
    if (const auto more = unnamed(refused) + unnamed(lesser); more > 0)
        findings.push_back(
            {"secrets", Severity::problem, fmt::format("and {} more like these", more), "jeton connection list"});
    return findings;
}

Findings check_secrets(const Survey& survey, const AgeLimits& limits) {
    Findings findings;
    for (const auto& one : survey.environments) {
        if (one.need_import > 0) {
            findings.push_back({"secrets", Severity::problem,
                                fmt::format("{}: {} imported anew, because the token endpoint was changed", one.name,
                                            counted(one.need_import, "pair must be", "pairs must be")),
                                fmt::format("jeton connection list --environment {} --missing-secret", one.name)});
        }
        if (one.old_secrets > 0) {
            findings.push_back(
                {"secrets", Severity::warning,
                 fmt::format("{}: {} older than {} days", one.name,
                             counted(one.old_secrets, "client secret is", "client secrets are"), limits.old.count()),
                 fmt::format("jeton secret list --older-than {}d; rotate them", limits.old.count())});
        }
        if (one.two_for_long > 0) {
            findings.push_back(
                {"secrets", Severity::note,
                 fmt::format("{}: {} two active client secrets for long", one.name,
                             counted(one.two_for_long, "connection has", "connections have")),
                 "jeton secret list; jeton secret deactivate CONNECTION PREFIX of the one that is not used"});
        }
    }
    if (findings.empty())
        findings.push_back(
            {"secrets", Severity::ok, fmt::format("no client secret is older than {} days", limits.old.count())});
    return findings;
}

Findings check_ends(const Survey& survey, const AgeLimits& limits) {
    Findings findings;
    const auto& ends = survey.ends_soon;
    const auto add = [&](std::int64_t count, std::string_view one, std::string_view many, std::string next) {
        if (count == 0) return;
        findings.push_back({"deadlines", Severity::warning,
                            fmt::format("{} within {} days", counted(count, one, many), limits.soon.count()),
                            std::move(next)});
    };
    add(ends.bindings, "binding ends", "bindings end", "jeton binding list");
    add(ends.roles, "role ends", "roles end", "jeton role list");
    add(ends.pairs, "local pair ends", "local pairs end", "jeton pair list");
    add(ends.client_keys, "client key ends", "client keys end", "jeton connection list");
    if (ends.tickets > 0) {
        findings.push_back({"deadlines", Severity::warning,
                            counted(ends.tickets, "ticket ends", "tickets end") + " unclaimed within an hour",
                            "jeton ticket list"});
    }
    // That a replaced secret ends is what was wanted; who still uses it is what to look for.
    if (ends.overlaps > 0) {
        findings.push_back(
            {"deadlines", Severity::note,
             fmt::format("{} within {} days",
                         counted(ends.overlaps, "replaced client secret ends", "replaced client secrets end"),
                         limits.soon.count()),
             "jeton secret list: is one of them still used?"});
    }
    if (findings.empty())
        findings.push_back(
            {"deadlines", Severity::ok, fmt::format("nothing ends within {} days", limits.soon.count())});
    return findings;
}

Accounts named_accounts(Transaction& tx) {
    Accounts accounts;
    const auto add = [&](const Identity& identity) {
        if (identity.uid >= 0) accounts.users.emplace(identity.uid, identity.user);
        if (identity.gid >= 0) accounts.groups.emplace(identity.gid, identity.group);
    };
    std::ranges::for_each(bindings::list(tx), add);
    std::ranges::for_each(roles::list(tx), add);
    for (const auto& pair : pairs::list(tx)) {
        if (!pair.revoked) add(pair);
    }
    return accounts;
}

Findings check_accounts(Transaction& tx, const Accounts& accounts) {
    Findings findings;
    for (const auto& binding : bindings::list(tx)) {
        const auto id = binding.id.text.substr(0, short_id);
        add_account(findings, accounts, binding, fmt::format("binding {} of {}", id, target_of(tx, binding)),
                    fmt::format("jeton binding remove {}", id));
    }
    for (const auto& grant : roles::list(tx)) {
        const auto place = place_of(tx, grant);
        const auto role = fmt::format("{}{}{}", name_of(grant.role), place.empty() ? "" : " ", place);
        add_account(findings, accounts, grant, "the role " + role,
                    fmt::format("jeton role revoke {} {}", role, holder_of(grant)));
    }
    for (const auto& pair : pairs::list(tx)) {
        if (pair.revoked) continue;
        add_account(findings, accounts, pair, "the pair " + pair.client_id,
                    fmt::format("jeton pair revoke {}", pair.client_id));
    }
    if (findings.empty() && !(accounts.users.empty() && accounts.groups.empty())) {
        findings.push_back({"accounts", Severity::ok, "every user and group that is named is known to this host"});
    }
    return findings;
}

Findings check_audit(UtcSeconds verified_at, UtcSeconds now) {
    const auto age = age_of(verified_at, now);
    if (now - verified_at < verify_due)
        return {{"audit", Severity::ok, fmt::format("the audit was verified {} ago", age)}};
    return {{"audit", Severity::note, fmt::format("the audit was not verified for {}", age), "jeton audit verify"}};
}

Findings check_backup(Transaction& tx, UtcSeconds now) {
    const auto made = newest(tx, "store.backed-up");
    if (!made) return {{"backup", Severity::note, "no backup was ever made", "jeton backup FILE"}};
    const auto age = age_of(made->at, now);
    if (now - made->at < backup_due) return {{"backup", Severity::ok, fmt::format("a backup was made {} ago", age)}};
    return {{"backup", Severity::warning, fmt::format("the last backup was made {} ago", age), "jeton backup FILE"}};
}

}  // namespace jeton::vault
