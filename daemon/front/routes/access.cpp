/// Consent to a connection, and what a tenant may reach.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/access", .verb = "access.list"},
    Route{.method = "POST", .pattern = "/v1/access/disable", .verb = "access.disable_selected"},
    Route{.method = "POST", .pattern = "/v1/access/enable", .verb = "access.enable_selected"},
    Route{.method = "GET", .pattern = "/v1/connections/{app}/{tenant}/review", .verb = "access.review"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/allow", .verb = "access.allow"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/decline", .verb = "access.decline"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/record", .verb = "access.record"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/disable", .verb = "access.disable"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/enable", .verb = "access.enable"},
};

Routes access_routes() { return table; }

}  // namespace jeton::front
