#include "daemon/vault/services/upstream_condition.hpp"

namespace jeton::vault {

UpstreamCondition condition_of(const UpstreamTokens& upstream, const UpstreamSightings& sightings,
                               const EnvironmentSurvey& environment, const Survey& survey, const Clock& clock) {
    UpstreamCondition condition;
    const auto& id = environment.id.text;
    condition.tokens_cached = static_cast<std::int64_t>(upstream.count(survey.environment_of, id));
    condition.next_refresh_at = upstream.next_refresh_at(survey.environment_of, id, clock);
    const auto& endpoint = environment.token_endpoint;
    const auto& endpoints = upstream.endpoints();
    if (const auto* drift = sightings.drift(endpoint)) condition.clock_drift_seconds = drift->ahead.count();
    const auto counts = endpoints.counts(endpoint);
    condition.granted = counts.granted;
    condition.refused = counts.refused;
    condition.failed = counts.failed;
    condition.requests_last_hour = static_cast<std::int64_t>(endpoints.sent_last_hour(endpoint, clock));
    const auto* health = endpoints.health(endpoint);
    if (health == nullptr) return condition;
    condition.is_known = counts.granted + counts.refused + counts.failed > 0;
    // A pair that is refused is its connection's trouble: the endpoint has answered.
    if (!health->failing_since) return condition;
    condition.state = "failing";
    condition.last_error = health->last_error;
    condition.failing_since = health->failing_since;
    if (health->cools(clock)) {
        condition.state = "cooling";
        condition.cooling_until = clock.now() + std::chrono::ceil<std::chrono::seconds>(health->cooling_left(clock));
    }
    return condition;
}

}  // namespace jeton::vault
