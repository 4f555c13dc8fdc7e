#include "daemon/vault/services/grounds.hpp"

#include <fmt/format.h>

#include "daemon/vault/domain/names.hpp"

namespace jeton::vault {

Role role_of(Side side) { return side == Side::tenant ? Role::tenant_admin : Role::host_operator; }

Result<void> check_grounds(const Grounds& grounds) {
    if (auto who = check_free_text("on-behalf-of", grounds.on_behalf_of, person_limit, true); !who) return who.error();
    return check_free_text("reason", grounds.reason, reason_limit, true);
}

Result<Side> side_of(const Standing& standing, const FoundConnection& found, const Grounds& grounds) {
    if (standing.is_operator() && !grounds.on_behalf_of.empty()) return Side::host;
    if (!standing.administers(found.tenant.id)) return Side::host;
    if (grounds.on_behalf_of.empty()) return Side::tenant;
    return refuse(Errc::bad_input,
                  fmt::format("you decide as an admin of tenant {} yourself", found.tenant_name().text()),
                  "leave out --on-behalf-of: it is for operators");
}

std::string described(Side side, const Grounds& grounds) {
    std::string text{name_of(role_of(side))};
    if (!grounds.on_behalf_of.empty()) text += fmt::format(" on behalf of {}", grounds.on_behalf_of);
    if (!grounds.reason.empty()) text += fmt::format(": {}", grounds.reason);
    return text;
}

}  // namespace jeton::vault
