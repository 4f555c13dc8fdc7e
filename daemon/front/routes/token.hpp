/// The token endpoint (RFC 6749 §4.4).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/front/http/message.hpp"
#include "daemon/front/http/responder.hpp"
#include "daemon/front/routes/client_auth.hpp"
#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

/// The paths of the endpoint; the API description is held against them.
[[nodiscard]] std::span<const std::string_view> token_paths();

/// What a path says of the environment.
struct TokenPath {
    std::optional<std::string> environment;
};
/// Nothing where `path` is not the token endpoint.
[[nodiscard]] std::optional<TokenPath> match_token_path(std::string_view path);

/// A cached answer that still holds. `print`, where it is that of the request's bytes and of its sender as attested
/// now, is known to `token_again` from then on.
[[nodiscard]] std::optional<Response> token_now(Desk& desk, Caller& caller, const Request& request,
                                                const std::optional<RequestPrint>& print);
/// The same for a request that its sender's user put before in these very bytes: by the same rule, counted alike.
[[nodiscard]] std::optional<Response> token_again(Desk& desk, const Caller& caller, const RequestPrint& print);
/// Asks the vault; keeps what may be repeated.
[[nodiscard]] Task<Response> token(Desk& desk, Caller& caller, const Request& request, TokenPath path);

/// A token request that has the right form.
struct TokenRequest {
    json::object body;  ///< of `token.issue`, in wiped storage
    bool repeatable;    ///< neither `rejected_token` nor `min_ttl`
};
/// `form` comes of `read_oauth_form`. Refuses `invalid_request`, `unsupported_grant_type`, `invalid_client`.
[[nodiscard]] Result<TokenRequest> read_token_request(const Request& request, const Form& form, const TokenPath& path);

}  // namespace jeton::front
