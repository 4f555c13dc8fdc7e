/// Apps, their versions, their tenants, their connections.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/apps", .verb = "app.list"},
    Route{.method = "POST", .pattern = "/v1/apps", .verb = "app.create", .success = 201},
    Route{.method = "GET", .pattern = "/v1/apps/{app}", .verb = "app.show"},
    Route{.method = "PATCH", .pattern = "/v1/apps/{app}", .verb = "app.edit"},
    Route{.method = "DELETE", .pattern = "/v1/apps/{app}", .verb = "app.delete"},
    Route{.method = "GET", .pattern = "/v1/apps/{app}/versions", .verb = "app.versions"},
    Route{.method = "POST", .pattern = "/v1/apps/{app}/versions", .verb = "app.publish", .success = 201},
    Route{.method = "POST", .pattern = "/v1/apps/{app}/tenants", .verb = "app.tenant.add", .success = 201},
    Route{.method = "DELETE", .pattern = "/v1/apps/{app}/tenants/{tenant}", .verb = "app.tenant.remove"},
    Route{.method = "GET", .pattern = "/v1/apps/{app}/connections", .verb = "app.connections", .usage_first = true},
};

Routes app_routes() { return table; }

}  // namespace jeton::front
