/// What the endpoints of OAuth have in common: a form comes in, refusals go out in the words of RFC 6749 §5.2.
#pragma once

#include <string_view>

#include "daemon/base/error.hpp"
#include "daemon/front/http/message.hpp"
#include "daemon/front/routes/client_auth.hpp"
#include "daemon/front/routes/form.hpp"

namespace jeton::front {

/// The body as a form. Refuses `invalid_request`: another content type, a malformed form, a name that stands twice and
/// is not `repeatable`, a parameter in the query that belongs into the body.
[[nodiscard]] Result<Form> read_oauth_form(const Request& request, std::string_view repeatable = {});

/// RFC 6749 §5.2: only its characters in `error_description`; 401 for Basic (with the challenge) and for the peer, 400
/// for a pair in the form; what is no word of OAuth becomes one. `challenge`: another `WWW-Authenticate` for a 401.
[[nodiscard]] Response oauth_refusal(const Error& error, ClientAuth method, std::string_view challenge = {});

/// To any other method than POST: 405 with `Allow: POST`, to OPTIONS 204 with the same.
[[nodiscard]] Response oauth_post_only(const Request& request);

}  // namespace jeton::front
