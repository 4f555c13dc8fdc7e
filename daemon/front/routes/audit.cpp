/// The audit.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/audit", .verb = "audit.list", .usage_first = true},
    Route{.method = "GET", .pattern = "/v1/audit/verify", .verb = "audit.verify"},
};

Routes audit_routes() { return table; }

}  // namespace jeton::front
