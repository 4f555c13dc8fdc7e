/// GET /metrics on the control socket: what Prometheus and its kin read (docs/metrics.md). Without the header
/// Jeton-Client: scrapers send what they send, it changes nothing, and the gate keeps browsers and proxies out.
#pragma once

#include <string_view>

#include "daemon/front/http/message.hpp"
#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

inline constexpr std::string_view metrics_path = "/metrics";

/// The vault says who may read, and what it knows; the front adds what it counts itself.
[[nodiscard]] Task<Response> metrics(Desk& desk, const Caller& caller, const Request& request);

}  // namespace jeton::front
