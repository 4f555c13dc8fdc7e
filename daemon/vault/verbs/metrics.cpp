// Verbs: metrics.show
#include <array>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/services/selection.hpp"
#include "daemon/vault/services/survey.hpp"
#include "daemon/vault/services/upstream_condition.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/disk_use.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/usage.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/verbs.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::vault::verbs {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// One family of series: a name, what it means, a value for each set of labels. docs/metrics.md lists them all.
class Family {
public:
    Family(std::string_view type, std::string_view name, std::string_view help)
        : head_{{"name", name}, {"type", type}, {"help", help}} {}

    void add(Labels labels, std::int64_t value) {
        json::object named;
        for (const auto& [name, text] : labels) named[json::string_view{name.data(), name.size()}] = text;
        samples_.push_back({{"labels", std::move(named)}, {"value", value}});
    }
    void add(Labels labels, const std::optional<std::int64_t>& value) {
        if (value) add(labels, *value);
    }

    void end(json::array& families) && {
        if (samples_.empty()) return;
        head_["samples"] = std::move(samples_);
        families.push_back(std::move(head_));
    }

private:
    json::object head_;
    json::array samples_;
};

Family gauge(std::string_view name, std::string_view help) { return {"gauge", name, help}; }
Family counter(std::string_view name, std::string_view help) { return {"counter", name, help}; }

void add_one(json::array& families, Family family, const std::optional<std::int64_t>& value) {
    family.add({}, value);
    std::move(family).end(families);
}

/// What `jeton status` tells everybody.
void add_state(json::array& families, const Room& room) {
    auto build = gauge("jeton_build_info", "Always 1; the label says which version runs.");
    build.add({{"version", protocol::version}}, 1);
    std::move(build).end(families);
    auto state = gauge("jeton_store_state", "1 for the state that the store is in.");
    for (const auto one : {StoreState::unsealed, StoreState::sealed, StoreState::uninitialised})
        state.add({{"state", name_of(one)}}, room.store.state() == one ? 1 : 0);
    std::move(state).end(families);
}

void add_store(json::array& families, Transaction& tx, const Room& room) {
    const auto up = std::chrono::floor<std::chrono::seconds>(room.clock.boot_time() - room.started);
    add_one(families, gauge("jeton_vault_uptime_seconds", "Time since jeton-vault began."), up.count());
    add_one(families, gauge("jeton_epoch", "Grows with each change of what is allowed."), tx.epoch());
    add_one(families, gauge("jeton_clock_behind_seconds", "How far the clock of the host is behind the store's time."),
            room.store.clock_is_behind().count());
    add_one(families, counter("jeton_audit_entries_total", "Entries of the audit, the pruned ones too."),
            audit::signed_head(tx).sequence);
}

void add_disk(json::array& families, const Config& config) {
    const auto use = disk_use(config.database(), config.paths.anchor);
    auto files = gauge("jeton_store_bytes", "Size of the store's files.");
    files.add({{"file", "database"}}, use.database);
    files.add({{"file", "wal"}}, use.write_ahead_log);
    std::move(files).end(families);
    auto room = gauge("jeton_disk_free_bytes", "Room on the file systems of the store and of its anchor.");
    room.add({{"directory", "state"}}, use.free_for_state);
    room.add({{"directory", "anchor"}}, use.free_for_anchor);
    std::move(room).end(families);
}

void add_connections(json::array& families, const Survey& survey) {
    auto connections = gauge("jeton_connections", "Connections by state.");
    auto anew = gauge("jeton_connections_to_import", "Connections whose pairs must be imported anew.");
    for (const auto& one : survey.environments) {
        connections.add({{"environment", one.name}, {"state", "not-connected"}}, one.not_connected);
        connections.add({{"environment", one.name}, {"state", "connected"}}, one.connected);
        connections.add({{"environment", one.name}, {"state", "disabled"}}, one.disabled);
        anew.add({{"environment", one.name}}, one.need_import);
    }
    std::move(connections).end(families);
    std::move(anew).end(families);
}

void add_secrets(json::array& families, const Survey& survey, UtcSeconds now) {
    auto active = gauge("jeton_secrets_active", "Active client secrets.");
    auto old = gauge("jeton_secrets_old", "Active client secrets older than [warnings] secret_age_days.");
    auto ending =
        gauge("jeton_secrets_ending_within_30_days", "Active client secrets with a deadline that is nearer than that.");
    auto oldest = gauge("jeton_oldest_secret_age_seconds", "Age of the oldest active client secret.");
    for (const auto& one : survey.environments) {
        active.add({{"environment", one.name}}, one.active_secrets);
        old.add({{"environment", one.name}}, one.old_secrets);
        ending.add({{"environment", one.name}}, one.ending_in_30_days);
        if (one.oldest_secret) oldest.add({{"environment", one.name}}, (now - *one.oldest_secret).count());
    }
    for (auto* family : {&active, &old, &ending, &oldest}) std::move(*family).end(families);
    auto ends = gauge("jeton_ends_soon", "What ends within [warnings] deadline_days.");
    ends.add({{"kind", "binding"}}, survey.ends_soon.bindings);
    ends.add({{"kind", "role"}}, survey.ends_soon.roles);
    ends.add({{"kind", "pair"}}, survey.ends_soon.pairs);
    ends.add({{"kind", "client_key"}}, survey.ends_soon.client_keys);
    ends.add({{"kind", "ticket"}}, survey.ends_soon.tickets);
    ends.add({{"kind", "overlap"}}, survey.ends_soon.overlaps);
    std::move(ends).end(families);
}

std::optional<std::int64_t> seconds_between(const std::optional<UtcSeconds>& from,
                                            const std::optional<UtcSeconds>& until) {
    if (!from || !until) return std::nullopt;
    return (*until - *from).count();
}

std::optional<std::int64_t> moment(const std::optional<UtcSeconds>& at) {
    return at ? std::optional{at->time_since_epoch().count()} : std::nullopt;
}

void add_upstream(json::array& families, const Room& room, const Survey& survey) {
    const auto now = room.clock.now();
    auto healthy = gauge("jeton_upstream_healthy", "1 while the token endpoint answers and is not cooling.");
    auto failing =
        gauge("jeton_upstream_failing_seconds", "How long each answer has been a failure; 0 while it is well.");
    auto cooling =
        gauge("jeton_upstream_cooling_seconds", "Until the endpoint is asked again; 0 while it is not cooling.");
    auto cached = gauge("jeton_upstream_tokens_cached", "Tokens of the endpoint that the vault holds.");
    auto drift = gauge("jeton_upstream_clock_drift_seconds", "The endpoint's Date minus the clock of this host.");
    auto refresh = gauge("jeton_upstream_next_refresh_timestamp_seconds", "When the first token is renewed ahead.");
    auto requests = counter("jeton_upstream_requests_total", "Token requests by what came of them.");
    for (const auto& one : survey.environments) {
        if (one.kind != EnvironmentKind::upstream) continue;
        const auto condition = condition_of(room.upstream, room.sightings, one, survey, room.clock);
        const Labels name = {{"environment", one.name}};
        healthy.add(name, condition.is_healthy() ? 1 : 0);
        failing.add(name, seconds_between(condition.failing_since, now).value_or(0));
        cooling.add(name, seconds_between(now, condition.cooling_until).value_or(0));
        cached.add(name, condition.tokens_cached);
        drift.add(name, condition.clock_drift_seconds);
        refresh.add(name, moment(condition.next_refresh_at));
        requests.add({{"environment", one.name}, {"outcome", "granted"}}, condition.granted);
        requests.add({{"environment", one.name}, {"outcome", "refused"}}, condition.refused);
        requests.add({{"environment", one.name}, {"outcome", "failed"}}, condition.failed);
    }
    for (auto* family : {&healthy, &failing, &cooling, &cached, &drift, &refresh, &requests})
        std::move(*family).end(families);
}

std::optional<UtcSeconds> oldest_secret(Transaction& tx, const ConnectionId& connection) {
    for (const auto& secret : secrets::of(tx, connection)) {  // oldest first
        if (secret.is_active(tx.high_water())) return secret.created_at;
    }
    return std::nullopt;
}

/// With the names of tenants: only where somebody asks for them. Gives back the cursor of the next page.
std::string add_each_connection(json::array& families, Transaction& tx, const Standing& standing, const Page& page,
                                UtcSeconds now) {
    auto state = gauge("jeton_connection_state", "Always 1; the label says in which state the connection is.");
    auto age = gauge("jeton_connection_secret_age_seconds", "Age of the oldest active client secret.");
    auto used = gauge("jeton_connection_last_used_timestamp_seconds", "When a token was last fetched.");
    std::int64_t left = page.limit;
    auto next = walk_connections(
        tx, standing, {}, page.after, now, [&] { return left > 0 && page.has_time(); },
        [&](const FoundConnection& one) {
            --left;
            const auto add = [&](Family& family, const std::optional<std::int64_t>& value) {
                family.add(
                    {{"app", one.app.name}, {"tenant", one.tenant.tenant}, {"environment", one.environment.name}},
                    value);
            };
            state.add({{"app", one.app.name},
                       {"tenant", one.tenant.tenant},
                       {"environment", one.environment.name},
                       {"state", name_of(one.connection.state)}},
                      1);
            add(age, seconds_between(oldest_secret(tx, one.connection.id), now));
            const auto use = usage::last_of_connection(tx, one.connection.id);
            add(used, use ? moment(use->last_at) : std::nullopt);
            return true;
        });
    for (auto* family : {&state, &age, &used}) std::move(*family).end(families);
    return next.value();
}

Error not_for_you(const Peer& peer) {
    return refuse(Errc::forbidden, fmt::format("{} (uid {}) may not read the metrics", peer.name(), peer.uid),
                  fmt::format("ask an operator: jeton role grant auditor --user {}", peer.name()));
}

}  // namespace

Result<Outcome> metrics_show(StoreCall& call) {
    protocol::Fields in{call.body};
    const bool tenants = in.flag("tenants");
    const auto page = Page::read(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto& room = call.room;
    json::array families;
    std::string next;
    if (room.store.state() != StoreState::unsealed) {
        // Nobody's roles can be looked up now, and that it is sealed is what a scraper must see.
        add_state(families, room);
        return done(std::move(families));
    }
    if (!call.standing.sees_everything()) return not_for_you(call.peer);
    auto group = room.store.group();
    group.attempt([&](Transaction& tx) {
        const auto now = call.now();
        if (page.after.empty()) {
            const auto& survey = room.survey.of(tx, AgeLimits::of(room.config), now);
            add_state(families, room);
            add_store(families, tx, room);
            add_disk(families, room.config);
            add_connections(families, survey);
            add_secrets(families, survey, now);
            add_upstream(families, room, survey);
        }
        if (tenants) next = add_each_connection(families, tx, call.standing, page, now);
    });
    Outcome outcome;
    outcome.done = std::move(families);
    outcome.next = std::move(next);
    return outcome;
}

}  // namespace jeton::vault::verbs
