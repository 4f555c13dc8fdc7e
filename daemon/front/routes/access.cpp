/// Consent to a connection.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/connections/{app}/{tenant}/review", .verb = "access.review"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/allow", .verb = "access.allow"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/decline", .verb = "access.decline"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/disable", .verb = "access.disable"},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/enable", .verb = "access.enable"},
};

Routes access_routes() { return table; }

}  // namespace jeton::front
