#include "daemon/front/routes/health.hpp"

#include <fmt/format.h>

#include "daemon/front/routes/forward.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::front {

Response health(const Request& request, std::string_view state) {
    if (request.method != "GET") return method_response(request, "GET");
    return json_response(200, fmt::format("{{\"state\":\"{}\",\"version\":\"{}\"}}\n", state, protocol::version));
}

}  // namespace jeton::front
