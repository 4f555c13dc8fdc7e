/// Local pairs: what a program presents instead of the secret of its connection.
#include <array>

#include "daemon/front/routes/identity.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/pairs", .verb = "pair.list", .usage_first = true},
    Route{.method = "POST",
          .pattern = "/v1/connections/{app}/{tenant}/pairs",
          .verb = "pair.create",
          .success = 201,
          .prepare = name_identity},
    Route{.method = "DELETE", .pattern = "/v1/pairs/{client_id}", .verb = "pair.revoke"},
};

Routes pair_routes() { return table; }

}  // namespace jeton::front
