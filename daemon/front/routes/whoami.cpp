/// What the daemon sees of its caller; on both sockets.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/whoami", .verb = "whoami.show"},
};

Routes whoami_routes() { return table; }

}  // namespace jeton::front
