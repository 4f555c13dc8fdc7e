/// Apps, their tenants, their connections.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/apps", .verb = "app.list"},
    Route{.method = "POST", .pattern = "/v1/apps", .verb = "app.create", .success = 201},
    Route{.method = "GET", .pattern = "/v1/apps/{app}", .verb = "app.show"},
    Route{.method = "POST", .pattern = "/v1/apps/{app}/tenants", .verb = "app.tenant.add", .success = 201},
    Route{.method = "GET", .pattern = "/v1/apps/{app}/connections", .verb = "app.connections"},
};

Routes app_routes() { return table; }

}  // namespace jeton::front
