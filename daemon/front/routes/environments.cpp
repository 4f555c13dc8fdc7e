/// Environments.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/environments", .verb = "environment.list"},
    Route{.method = "POST", .pattern = "/v1/environments", .verb = "environment.create", .success = 201},
    Route{.method = "GET", .pattern = "/v1/environments/{environment}", .verb = "environment.show"},
    Route{.method = "PATCH", .pattern = "/v1/environments/{environment}", .verb = "environment.edit"},
    Route{.method = "DELETE", .pattern = "/v1/environments/{environment}", .verb = "environment.delete"},
};

Routes environment_routes() { return table; }

}  // namespace jeton::front
