/// Who may do which verb. One function, one table, deny by default (T15).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"

namespace jeton::vault {

enum class Role : std::uint8_t { host_operator = 1, developer = 2, tenant_admin = 4 };

/// A set of roles; `anyone` asks for none.
struct Allowance {
    std::string_view verb;
    std::uint8_t roles;
    bool anyone;
};

/// One row for each verb; a verb without a row is refused.
[[nodiscard]] std::span<const Allowance> allowances();

/// The roles of an attested peer: in a user's own daemon that user has them all, uid 0 is operator everywhere, a peer
/// of another PID namespace has none.
[[nodiscard]] std::vector<Role> roles_of(const Peer& peer);
[[nodiscard]] std::string_view name_of(Role role);

/// Refuses `forbidden` before anything is looked up, so that what exists and what does not answer alike.
[[nodiscard]] Result<void> authorise(const Peer& peer, std::string_view verb);

}  // namespace jeton::vault
