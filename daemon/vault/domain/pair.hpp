/// A local pair: client ID and secret that a program presents instead of an upstream secret. Bound to an identity,
/// revocable, worthless elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/domain/identity.hpp"

namespace jeton::vault {

struct Pair : Identity {
    PairId id;
    ConnectionId connection;
    EnvironmentId environment;  ///< of the connection
    std::string client_id;      ///< `jid.` and 25 characters; unique over all environments
    std::string prefix;         ///< of its secret
    Bytes sealed;               ///< verifier of the secret, sealed under the environment's data key
    std::optional<UtcSeconds> expires_at;
    bool revoked = false;
    UtcSeconds created_at{};
    std::string created_by;
    std::int64_t key_generation = 1;  ///< of the data key that `sealed` is under

    [[nodiscard]] bool is_expired(UtcSeconds now) const { return expires_at && now >= *expires_at; }
};

}  // namespace jeton::vault
