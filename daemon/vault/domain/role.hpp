/// Roles of people. No role confers a token.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/domain/identity.hpp"

namespace jeton::vault {

enum class Role : std::uint8_t {
    host_operator,  ///< `operator`: uid 0, and who is granted
    auditor,        ///< reads everything but secrets
    developer,      ///< of one app, or of none yet; may create apps, and becomes developer of those
    tenant_admin,   ///< of one tenant, in one environment (S22)
};

[[nodiscard]] std::string_view name_of(Role role);
[[nodiscard]] std::optional<Role> role_named(std::string_view name);

/// A set of roles, a value.
class RoleSet {
public:
    constexpr RoleSet() = default;
    constexpr RoleSet(std::initializer_list<Role> roles) {
        for (const auto role : roles) bits_ |= bit(role);
    }
    [[nodiscard]] constexpr bool has(Role role) const { return (bits_ & bit(role)) != 0; }
    [[nodiscard]] constexpr bool meets(RoleSet other) const { return (bits_ & other.bits_) != 0; }
    [[nodiscard]] constexpr bool is_empty() const { return bits_ == 0; }
    constexpr void add(Role role) { bits_ |= bit(role); }

private:
    static constexpr unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }
    unsigned bits_ = 0;
};

/// A role of a user or group (never of a unit), for an app or a tenant where the role is of one.
struct RoleGrant : Identity {
    RoleGrantId id;
    Role role = Role::auditor;
    AppId app;        ///< `developer` only; empty: of none yet
    TenantId tenant;  ///< `tenant-admin` only
    std::optional<UtcSeconds> expires_at;
    UtcSeconds created_at{};
    std::string created_by;

    [[nodiscard]] bool is_expired(UtcSeconds now) const { return expires_at && now >= *expires_at; }
};

}  // namespace jeton::vault
