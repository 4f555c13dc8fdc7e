/// Roles of Unix users and groups.
#include <array>

#include "daemon/front/routes/identity.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/roles", .verb = "role.list"},
    Route{.method = "POST", .pattern = "/v1/roles", .verb = "role.grant", .success = 201, .prepare = name_new_holder},
    Route{.method = "POST", .pattern = "/v1/roles/revoke", .verb = "role.revoke", .prepare = name_old_holder},
    Route{.method = "GET", .pattern = "/v1/roles/matrix", .verb = "role.matrix"},
};

Routes role_routes() { return table; }

}  // namespace jeton::front
