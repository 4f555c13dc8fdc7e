/// Checks access tokens offline (RFC 9068 §4), by the published keys of their issuer.
///
/// Nobody is asked about a token: it costs nothing, needs no permission, and works while the daemon is down. For the
/// same reason a token that was revoked, or whose connection was disabled, is good here until it expires. Where that is
/// too late, introspect.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "key_set.hpp"

namespace example {

/// The claims of a token that is good for `audience` now. Throws Refused, Unavailable.
[[nodiscard]] boost::json::object check_access_token(KeySet& keys, std::string_view audience, std::string_view token);

}  // namespace example
