/// Connections of all apps.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/connections", .verb = "connection.list", .usage_first = true},
    Route{.method = "GET", .pattern = "/v1/connections/{app}/{tenant}", .verb = "connection.show", .usage_first = true},
    Route{.method = "PATCH", .pattern = "/v1/connections/{app}/{tenant}", .verb = "connection.edit"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/revoke", .verb = "token.revoke_all"},
};

Routes connection_routes() { return table; }

}  // namespace jeton::front
