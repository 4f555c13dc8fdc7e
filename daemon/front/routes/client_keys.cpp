/// Public keys of a connection's client, which stand for a secret.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET",
          .pattern = "/v1/connections/{app}/{tenant}/keys",
          .verb = "client_key.list",
          .usage_first = true},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/keys", .verb = "client_key.add", .success = 201},
    Route{.method = "DELETE", .pattern = "/v1/connections/{app}/{tenant}/keys/{kid}", .verb = "client_key.remove"},
};

Routes client_key_routes() { return table; }

}  // namespace jeton::front
