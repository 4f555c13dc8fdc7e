/// GET /healthz: says whether the store is open; answers 200 also when it is not.
#pragma once

#include <string_view>

#include "daemon/front/http/message.hpp"

namespace jeton::front {

inline constexpr std::string_view health_path = "/healthz";

[[nodiscard]] Response health(const Request& request, std::string_view state);

}  // namespace jeton::front
