/// A public key by which the client of a connection proves who it is, instead of a secret or beside it (RFC 7523 §2.2).
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/domain/signing_algorithm.hpp"

namespace jeton::vault {

/// As of secrets (S17): the old key and the new one, while the client changes over.
inline constexpr std::size_t active_client_keys_limit = 2;

struct ClientKey {
    ClientKeyId id;
    ConnectionId connection;
    std::string kid;  ///< RFC 7638 thumbprint, 43 characters; unique within the connection
    SigningAlgorithm algorithm = SigningAlgorithm::eddsa;  ///< the only one that its signatures may name
    Bytes public_key;  ///< EdDSA: the 32 bytes of RFC 8032; else a SubjectPublicKeyInfo in DER
    std::optional<UtcSeconds> expires_at;
    UtcSeconds created_at{};
    std::string created_by;

    [[nodiscard]] bool is_expired(UtcSeconds now) const { return expires_at && now >= *expires_at; }
};

}  // namespace jeton::vault
