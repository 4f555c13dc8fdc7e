/// An access token that must not be accepted any more although its life is not over (RFC 7009).
#pragma once

#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

struct RevokedToken {
    RevokedTokenId id;  ///< the random part of the token's `jti`: a row is looked for by it, and its loss is noticed
    EnvironmentId environment;
    ConnectionId connection;
    UtcSeconds expires_at{};  ///< when the store's time has passed it, the token is worthless without this row
    UtcSeconds revoked_at{};
    std::string revoked_by;  ///< the user who asked
};

}  // namespace jeton::vault
