/// Tenants. Their name in a path is `TENANT@ENVIRONMENT`, percent-encoded.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/tenants", .verb = "tenant.list"},
    Route{.method = "POST", .pattern = "/v1/tenants", .verb = "tenant.create", .success = 201},
    Route{.method = "GET", .pattern = "/v1/tenants/{tenant}", .verb = "tenant.show"},
    Route{.method = "PATCH", .pattern = "/v1/tenants/{tenant}", .verb = "tenant.edit"},
};

Routes tenant_routes() { return table; }

}  // namespace jeton::front
