/// Signs heads of the audit, so that a copy kept elsewhere proves what the chain was.
#pragma once

#include <array>
#include <string_view>

#include "daemon/vault/keys/root_key.hpp"

namespace jeton::vault {

struct AuditSignature {
    std::array<unsigned char, 64> signature{};
    std::array<unsigned char, 32> public_key{};  ///< the same for the life of a root key
};

/// Ed25519 (RFC 8032), by a key derived from the root key.
[[nodiscard]] AuditSignature sign_audit_head(const RootKey& root, std::string_view text);

}  // namespace jeton::vault
