/// Identity of a row: 128 random bits in hexadecimal, made by the application, never reused.
#pragma once

#include <compare>
#include <cstddef>
#include <string>

#include "daemon/base/encoding.hpp"

namespace jeton::vault {

/// `Tag` keeps an app's id from being taken for a tenant's. A value; thread-safe as a string is.
template <class Tag>
struct Id {
    std::string text;  ///< 32 characters `[0-9a-f]`; empty = no row

    [[nodiscard]] static Id fresh() { return Id{random_hex(16)}; }

    static constexpr std::size_t brief_size = 8;  ///< characters of it that people type and read
    [[nodiscard]] std::string brief() const { return text.substr(0, brief_size); }
    auto operator<=>(const Id&) const = default;
};

using AppId = Id<struct AppTag>;
using AppVersionId = Id<struct AppVersionTag>;
using AuditCheckpointId = Id<struct AuditCheckpointTag>;
using BindingId = Id<struct BindingTag>;
using ClientKeyId = Id<struct ClientKeyTag>;
using ConnectionId = Id<struct ConnectionTag>;
using EnvironmentId = Id<struct EnvironmentTag>;
using KeySlotId = Id<struct KeySlotTag>;
using PairId = Id<struct PairTag>;
using RevokedTokenId = Id<struct RevokedTokenTag>;
using RoleGrantId = Id<struct RoleGrantTag>;
using ScopeId = Id<struct ScopeTag>;
using SecretId = Id<struct SecretTag>;
using SigningKeyId = Id<struct SigningKeyTag>;
using TenantId = Id<struct TenantTag>;
using TicketId = Id<struct TicketTag>;

}  // namespace jeton::vault
