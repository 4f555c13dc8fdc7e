/// Bindings of local identities to connections, and why they hold or not.
#include <array>

#include "daemon/front/routes/identity.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/bindings", .verb = "binding.list"},
    Route{.method = "POST", .pattern = "/v1/bindings", .verb = "binding.add", .success = 201, .prepare = name_identity},
    Route{.method = "DELETE", .pattern = "/v1/bindings/{binding}", .verb = "binding.remove"},
    Route{.method = "POST",
          .pattern = "/v1/connections/{app}/{tenant}/explain",
          .verb = "binding.explain",
          .prepare = look_at_process},
};

Routes binding_routes() { return table; }

}  // namespace jeton::front
