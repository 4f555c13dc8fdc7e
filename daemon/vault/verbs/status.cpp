// Verbs: status.show
#include <fmt/format.h>

#include "daemon/vault/services/doctor.hpp"
#include "daemon/vault/services/key_rotation.hpp"
#include "daemon/vault/services/key_slots.hpp"
#include "daemon/vault/services/upstream_condition.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/verbs/identity_of.hpp"
#include "daemon/vault/verbs/verbs.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::vault::verbs {
namespace {

json::value number_or_null(const std::optional<std::int64_t>& number) {
    return number ? json::value(*number) : json::value(nullptr);
}

json::value upstream_view(const UpstreamCondition& condition) {
    return {{"state", condition.state},
            {"healthy", condition.is_known ? json::value(condition.is_healthy()) : json::value(nullptr)},
            {"last_error", text_or_null(condition.last_error)},
            {"failing_since", time_or_null(condition.failing_since)},
            {"cooling_until", time_or_null(condition.cooling_until)},
            {"tokens_cached", condition.tokens_cached},
            {"next_refresh_at", time_or_null(condition.next_refresh_at)},
            {"requests_last_hour", condition.requests_last_hour},
            {"clock_drift_seconds", number_or_null(condition.clock_drift_seconds)}};
}

/// Null where every value is under the data key of now.
json::value key_rotation_view(Transaction& tx, const Room& room, const Environment& environment) {
    if (environment.retiring_data_key.empty()) return nullptr;
    const auto& resealing = room.resealing;
    return {{"values_left", values_left(tx, environment)},
            {"problem", text_or_null(resealing.environment == environment.id ? resealing.problem : std::string{})}};
}

json::object environment_view(Transaction& tx, const Room& room, const Environment& environment, const Survey& survey) {
    json::object view{{"name", environment.name}, {"kind", name_of(environment.kind)}};
    const auto* counted = survey.find(environment.name);
    const auto connections = counted->not_connected + counted->connected + counted->disabled;
    const auto condition = condition_of(room.upstream, room.sightings, *counted, survey, room.clock);
    const bool is_upstream = environment.kind == EnvironmentKind::upstream;
    view["connections"] = connections;
    view["tokens_cached"] = condition.tokens_cached;
    view["need_import"] = counted->need_import;
    view["upstream"] = is_upstream ? upstream_view(condition) : json::value(nullptr);
    view["key_generation"] = environment.key_generation;
    view["key_rotation"] = key_rotation_view(tx, room, environment);
    return view;
}

/// What somebody should look at, and the command for it; for those who see all of it. What must be imported anew stands
/// with its environment.
json::value attention_view(const Standing& standing, const Survey& survey, const AgeLimits& limits) {
    if (!standing.sees_everything()) return nullptr;
    json::array hints;
    for (const auto& findings : {check_secrets(survey, limits), check_ends(survey, limits)}) {
        for (const auto& finding : findings) {
            if (finding.severity == Severity::note || finding.severity == Severity::warning)
                hints.emplace_back(fmt::format("{}: {}", finding.what, finding.next));
        }
    }
    return {{"old_secrets", survey.old_secrets()},
            {"ends_soon", survey.ends_soon.sum()},
            {"need_import", survey.need_import()},
            {"hints", std::move(hints)}};
}

constexpr std::chrono::seconds worth_a_word{5};  ///< less is a clock that is being adjusted

/// The two times of this host, and what to do where they differ (T48).
json::value clock_view(const Room& room) {
    if (room.store.state() != StoreState::unsealed) return nullptr;
    const auto behind = room.store.clock_is_behind();
    json::value warning = nullptr;
    if (behind >= worth_a_word) {
        warning = json::value(fmt::format(
            "the clock of this host is behind the store by {} s: the store has seen {}. What had ended stays ended, "
            "and new deadlines go by the store's time. Set the clock",
            behind.count(), rfc3339(room.store.time())));
    }
    return {{"now", rfc3339(room.clock.now())}, {"behind", behind.count()}, {"warning", std::move(warning)}};
}

}  // namespace

Result<Outcome> status_show(StoreCall& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto& store = call.room.store;
    json::array environments;
    json::value attention = nullptr;
    if (store.state() == StoreState::unsealed && !call.standing.roles().is_empty()) {
        auto group = store.group();
        group.attempt([&](Transaction& tx) {
            const auto limits = AgeLimits::of(call.room.config);
            const auto& survey = call.room.survey.of(tx, limits, call.now());
            for (const auto& environment : environments::list(tx))
                environments.push_back(environment_view(tx, call.room, environment, survey));
            attention = attention_view(call.standing, survey, limits);
        });
    }
    json::value usual = nullptr;
    if (store.state() == StoreState::uninitialised) usual = json::value(name_of(usual_slot(call.room.config)));
    return done(json::value{{"state", name_of(store.state())},
                            {"reason", text_or_null(store.reason())},
                            {"version", protocol::version},
                            {"epoch", store.epoch()},
                            {"instance", store.instance()},
                            {"clock", clock_view(call.room)},
                            {"usual_slot", std::move(usual)},
                            {"attention", std::move(attention)},
                            {"environments", std::move(environments)}});
}

}  // namespace jeton::vault::verbs
