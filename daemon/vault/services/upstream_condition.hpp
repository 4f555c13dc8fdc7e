/// What is known of an environment's token endpoint, in one value: for status, metrics and doctor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/vault/services/sightings.hpp"
#include "daemon/vault/services/survey.hpp"
#include "daemon/vault/services/upstream.hpp"

namespace jeton::vault {

/// Environments that share an endpoint share what is known of it, but for their tokens.
struct UpstreamCondition {
    /// `well`, `failing` (asked again when somebody needs a token), `cooling` (not asked before a time).
    std::string_view state = "well";
    bool is_known = false;                      ///< it was asked since the vault began
    std::string last_error;                     ///< in words; empty while it answers
    std::optional<UtcSeconds> failing_since;    ///< since the first of the failures in a row
    std::optional<UtcSeconds> cooling_until;    ///< no request before it
    std::optional<UtcSeconds> next_refresh_at;  ///< when the first of the tokens that are used is renewed
    std::int64_t tokens_cached = 0;
    std::int64_t requests_last_hour = 0;
    std::int64_t granted = 0, refused = 0, failed = 0;  ///< requests since the vault began, by what came of them
    std::optional<std::int64_t> clock_drift_seconds;    ///< how far its clock is ahead of this host's

    [[nodiscard]] bool is_healthy() const { return state == "well"; }
};

[[nodiscard]] UpstreamCondition condition_of(const UpstreamTokens& upstream, const UpstreamSightings& sightings,
                                             const EnvironmentSurvey& environment, const Survey& survey,
                                             const Clock& clock);

}  // namespace jeton::vault
