/// GET /v1/doctor: what is wrong, and what mends it. The front knows which names the host has for the numbers that
/// bindings, roles and pairs are for, and tells the vault, which judges.
#pragma once

#include <string_view>

#include "daemon/front/http/message.hpp"
#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

inline constexpr std::string_view doctor_path = "/v1/doctor";

[[nodiscard]] Task<Response> doctor(Desk& desk, const Caller& caller, const Request& request);

}  // namespace jeton::front
