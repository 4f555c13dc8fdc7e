/// Client secrets of a connection.
#include <array>

#include "daemon/front/routes/identity.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/secrets", .verb = "secret.list", .usage_first = true},
    Route{.method = "POST", .pattern = "/v1/secrets/identify", .verb = "secret.identify", .usage_first = true},
    Route{.method = "GET",
          .pattern = "/v1/connections/{app}/{tenant}/secrets",
          .verb = "secret.list",
          .usage_first = true},
    Route{.method = "POST",
          .pattern = "/v1/connections/{app}/{tenant}/secrets",
          .verb = "secret.generate",
          .success = 201,
          .prepare = name_ticket_holder},
    Route{.method = "POST",
          .pattern = "/v1/connections/{app}/{tenant}/secrets/rotate",
          .verb = "secret.rotate",
          .success = 201,
          .prepare = name_ticket_holder},
    Route{.method = "POST", .pattern = "/v1/connections/{app}/{tenant}/secrets/rollback", .verb = "secret.rollback"},
    Route{.method = "POST",
          .pattern = "/v1/connections/{app}/{tenant}/secrets/import",
          .verb = "secret.import",
          .success = 201},
    Route{.method = "POST",
          .pattern = "/v1/connections/{app}/{tenant}/secrets/{prefix}/deactivate",
          .verb = "secret.deactivate"},
};

Routes secret_routes() { return table; }

}  // namespace jeton::front
