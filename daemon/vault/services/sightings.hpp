/// What was last seen of token endpoints beside their tokens: for people, never for a decision.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/connection.hpp"

namespace jeton::vault {

/// In memory, one thread; empty after a start.
class UpstreamSightings {
public:
    /// How far an endpoint's clock is ahead of ours (behind: negative), as its last answer's `Date` said. Exact to a
    /// second and the time that the answer took (P6).
    struct Drift {
        std::chrono::seconds ahead{};
        UtcSeconds seen_at{};
    };
    /// `server_date`: seconds since the epoch.
    void note_date(const std::string& endpoint, std::int64_t server_date, UtcSeconds now);
    /// By URL; nullptr where no answer has told.
    [[nodiscard]] const Drift* drift(const std::string& endpoint) const;

    /// What the endpoint grants although all of the accepted version was asked for, sorted; where it grants all, it is
    /// forgotten.
    void note_grant(const ConnectionId& connection, std::vector<std::string> granted,
                    const std::vector<std::string>& accepted);
    /// nullptr where nothing is missing, or nothing was seen.
    [[nodiscard]] const std::vector<std::string>* lesser_grant(const ConnectionId& connection) const;
    void forget(const ConnectionId& connection) { lesser_grants_.erase(connection); }

private:
    std::map<std::string, Drift> drifts_;
    std::map<ConnectionId, std::vector<std::string>> lesser_grants_;
};

}  // namespace jeton::vault
