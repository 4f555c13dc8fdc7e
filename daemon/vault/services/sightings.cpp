#include "daemon/vault/services/sightings.hpp"

#include <algorithm>
#include <utility>

namespace jeton::vault {
namespace {

constexpr std::size_t endpoints_limit = 1024;  ///< far more than a host has environments

}  // namespace

void UpstreamSightings::note_date(const std::string& endpoint, std::int64_t server_date, UtcSeconds now) {
    if (drifts_.size() >= endpoints_limit && !drifts_.contains(endpoint)) drifts_.clear();
    drifts_[endpoint] = {UtcSeconds{std::chrono::seconds{server_date}} - now, now};
}

const UpstreamSightings::Drift* UpstreamSightings::drift(const std::string& endpoint) const {
    const auto at = drifts_.find(endpoint);
    return at == drifts_.end() ? nullptr : &at->second;
}

void UpstreamSightings::note_grant(const ConnectionId& connection, std::vector<std::string> granted,
                                   const std::vector<std::string>& accepted) {
    if (std::ranges::includes(granted, accepted)) {
        lesser_grants_.erase(connection);
    } else {
        lesser_grants_.insert_or_assign(connection, std::move(granted));
    }
}

const std::vector<std::string>* UpstreamSightings::lesser_grant(const ConnectionId& connection) const {
    const auto at = lesser_grants_.find(connection);
    return at == lesser_grants_.end() ? nullptr : &at->second;
}

}  // namespace jeton::vault
