/// On what grounds somebody decides about a connection: as the tenant's admin, or as an operator who says for whom.
#pragma once

#include <cstddef>
#include <string>

#include "daemon/base/error.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/standing.hpp"

namespace jeton::vault {

inline constexpr std::size_t reason_limit = 500;  ///< characters
inline constexpr std::size_t person_limit = 120;  ///< characters

/// What somebody says of a decision. Both may be empty.
struct Grounds {
    std::string reason;
    std::string on_behalf_of;  ///< who of the tenant's side agreed; an operator's to say
};

/// For which side somebody acts.
enum class Side { tenant, host };

/// The role of those who act for it.
[[nodiscard]] Role role_of(Side side);

/// Refuses `bad_input`: a text that is too long or does not print (T23).
[[nodiscard]] Result<void> check_grounds(const Grounds& grounds);

/// The tenant's side where `standing` administers the tenant; an operator's where it does not, or where an operator
/// says on whose behalf. Refuses `bad_input`: a tenant's admin decides by itself, on nobody's behalf.
[[nodiscard]] Result<Side> side_of(const Standing& standing, const FoundConnection& found, const Grounds& grounds);

/// "operator on behalf of WHO: REASON", for the audit.
[[nodiscard]] std::string described(Side side, const Grounds& grounds);

}  // namespace jeton::vault
