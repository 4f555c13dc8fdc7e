/// Whether an access token that jeton issued is active, for those who are bound to ask (RFC 7662; S4, S46).
#pragma once

#include <optional>
#include <string_view>

#include <boost/json/object.hpp>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// The members of RFC 7662 §2.2 and `tenant`, `app`, `connection` of an active token; nothing for any other: of another
/// environment, expired, revoked, issued before `rotate --now`, of a connection that is disabled or gone, or one that
/// none of the peer's bindings shows to it (another app, another audience).
/// Refuses `invalid_client` where no binding lets `peer` introspect `environment`, or there is no such environment.
[[nodiscard]] Result<std::optional<boost::json::object>> introspect_token(Transaction& tx, const Peer& peer,
                                                                          std::string_view environment,
                                                                          std::string_view token, UtcSeconds now);

}  // namespace jeton::vault
