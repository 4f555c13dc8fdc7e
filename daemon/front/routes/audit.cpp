/// The audit.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/audit", .verb = "audit.list", .usage_first = true},
    Route{.method = "GET", .pattern = "/v1/audit/export", .verb = "audit.export", .usage_first = true},
    Route{.method = "GET", .pattern = "/v1/audit/verify", .verb = "audit.verify"},
    Route{.method = "POST", .pattern = "/v1/audit/compare", .verb = "audit.compare"},
    Route{.method = "POST", .pattern = "/v1/audit/prune", .verb = "audit.prune"},
};

Routes audit_routes() { return table; }

}  // namespace jeton::front
