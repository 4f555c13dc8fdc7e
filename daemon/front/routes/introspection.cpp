#include "daemon/front/routes/introspection.hpp"

#include <array>

#include "daemon/front/routes/forward.hpp"
#include "daemon/front/routes/oauth.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {
namespace {

constexpr std::array table{
    Route{.method = "POST", .pattern = "/{environment}/introspect", .verb = "token.introspect"},
};

constexpr std::chrono::seconds patience{15};

Error credentials_not_taken() {
    return refuse(Errc::invalid_client, "introspection is for processes that a binding names, not for credentials",
                  "send none; ask the operator: jeton binding add --introspect");
}

/// RFC 6750 §3 for a bearer token, RFC 6749 §5.2 for the rest.
Response refuse_credentials(const std::optional<std::string_view>& authorization) {
    constexpr std::string_view bearer = "Bearer";
    const bool is_bearer = authorization && equal_ignoring_case(authorization->substr(0, bearer.size()), bearer);
    if (is_bearer) return oauth_refusal(credentials_not_taken(), ClientAuth::peer, "Bearer realm=\"jeton\"");
    return oauth_refusal(credentials_not_taken(), authorization ? ClientAuth::basic : ClientAuth::peer);
}

}  // namespace

Routes introspection_routes() { return table; }

std::optional<std::string> match_introspection_path(std::string_view path) {
    auto names = match_path(table[0].pattern, path);
    return names ? std::optional{std::move(names->front().second)} : std::nullopt;
}

Task<Response> introspect(Desk& desk, const Caller& caller, const Request& request, std::string environment) {
    if (request.method != table[0].method) co_return oauth_post_only(request);
    const auto authorization = request.field("Authorization");
    const auto form = read_oauth_form(request);
    if (!form) co_return oauth_refusal(form.error(), ClientAuth::peer);
    if (method_of(*form, authorization) != ClientAuth::peer) co_return refuse_credentials(authorization);
    const auto token = form->value("token");
    if (!token) {
        co_return oauth_refusal(refuse(Errc::invalid_request, "token is missing", "send the token in the form body"),
                                ClientAuth::peer);
    }
    json::object body(protocol::wiped_storage());
    body["environment"] = environment;
    body["token"] = json::string_view{token->data(), token->size()};
    const auto glimpse = caller.glimpse();
    auto question = question_of(desk, caller, glimpse, table[0].verb, json::value(std::move(body)));
    question.patience = patience;
    const auto answer = co_await desk.vault.ask(std::move(question));
    if (answer.refused) co_return oauth_refusal(*answer.refused, ClientAuth::peer);
    co_return done_response(200, answer.done);
}

}  // namespace jeton::front
