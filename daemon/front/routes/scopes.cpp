/// The catalogue of scopes.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/scopes", .verb = "scope.list"},
    Route{.method = "POST", .pattern = "/v1/scopes", .verb = "scope.add", .success = 201},
    Route{.method = "POST", .pattern = "/v1/scopes/import", .verb = "scope.import"},
};

Routes scope_routes() { return table; }

}  // namespace jeton::front
