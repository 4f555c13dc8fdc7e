/// What a client or resource server may know of an environment (RFC 8414, RFC 7517); on the token socket.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/{environment}/jwks", .verb = "jwks.show"},
    Route{.method = "GET", .pattern = "/.well-known/oauth-authorization-server/{environment}", .verb = "metadata.show"},
};

Routes metadata_routes() { return table; }

}  // namespace jeton::front
