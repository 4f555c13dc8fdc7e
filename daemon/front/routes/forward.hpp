/// Sends a request to the vault as it stands and its answer back: the front knows paths and verbs, no rules.
#pragma once

#include <span>

#include "daemon/front/http/message.hpp"
#include "daemon/front/routes/desk.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {

/// Names in the path, parameters of the query and members of the JSON body become one body; a name that stands twice is
/// refused. The answer is the vault's `done`, or `{"error","error_description","next"}`; a listing that goes on has a
/// header `Link: <…>; rel="next"`.
[[nodiscard]] Task<Response> forward(Desk& desk, const Caller& caller, const Request& request,
                                     std::span<const Routes> tables);

/// The body that goes to the vault. Refuses `bad_input`.
[[nodiscard]] Result<json::object> merge_body(const Match& match, const Request& request);

/// `done` of the vault as it is; may hold a secret.
[[nodiscard]] Response done_response(int status, const json::value& done, std::string_view fields = {});
[[nodiscard]] Response refusal_response(const Error& error);
/// To a method that a path does not have: 405 with `Allow`, to OPTIONS 204 with the same (RFC 9110 §9.3.7, §10.2.1).
/// `allowed` is advertised with HEAD beside GET.
[[nodiscard]] Response method_response(const Request& request, std::string_view allowed);

}  // namespace jeton::front
