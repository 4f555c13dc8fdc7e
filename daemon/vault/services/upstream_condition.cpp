#include "daemon/vault/services/upstream_condition.hpp"

namespace jeton::vault {

UpstreamCondition condition_of(const UpstreamTokens& upstream, const EnvironmentSurvey& environment,
                               const Survey& survey, const Clock& clock) {
    UpstreamCondition condition;
    condition.tokens_cached = static_cast<std::int64_t>(upstream.count(survey.environment_of, environment.id.text));
    const auto* health = upstream.health(environment.id);
    if (health == nullptr) return condition;
    condition.is_known = true;
    condition.last_error = health->last_error;
    if (!health->last_error.empty()) condition.state = "failing";
    if (health->cooling && !health->cooling->passed(clock)) {
        condition.state = "cooling";
        condition.cooling_until = health->cooling->wall;
    }
    return condition;
}

}  // namespace jeton::vault
