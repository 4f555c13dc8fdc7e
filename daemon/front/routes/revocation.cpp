#include "daemon/front/routes/revocation.hpp"

#include <array>

#include "daemon/front/routes/client_auth.hpp"
#include "daemon/front/routes/client_question.hpp"
#include "daemon/front/routes/oauth.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {
namespace {

constexpr std::array table{
    Route{.method = "POST", .pattern = "/{environment}/revoke", .verb = "token.revoke"},
};

constexpr std::chrono::seconds patience{15};

/// `token_type_hint` is not looked at: there is one kind of token, and an unknown hint changes nothing (§2.1, §2.2).
json::value body_of(json::object client, const Form& form) {
    json::object body(protocol::wiped_storage());
    body["client"] = std::move(client);
    if (const auto token = form.value("token")) body["token"] = json::string_view{token->data(), token->size()};
    return body;
}

}  // namespace

Routes revocation_routes() { return table; }

std::optional<std::string> match_revocation_path(std::string_view path) {
    auto names = match_path(table[0].pattern, path);
    return names ? std::optional{std::move(names->front().second)} : std::nullopt;
}

Task<Response> revoke(Desk& desk, const Caller& caller, const Request& request, std::string environment) {
    if (request.method != table[0].method) co_return oauth_post_only(request);
    const auto authorization = request.field("Authorization");
    const auto form = read_oauth_form(request);
    if (!form) co_return oauth_refusal(form.error(), authorization ? ClientAuth::basic : ClientAuth::peer);
    const auto method = method_of(*form, authorization);
    auto client = read_client(request, *form, environment);
    if (!client) co_return oauth_refusal(client.error(), method);
    const auto guess = allowed_guess(desk, caller, *client);
    if (!guess) co_return oauth_refusal(guess.error(), method);
    const auto glimpse = caller.glimpse();
    auto question = question_of(desk, caller, glimpse, table[0].verb, body_of(*std::move(client), *form));
    question.patience = patience;
    const auto answer = co_await ask_for_client(desk, std::move(question), *guess);
    if (answer.refused) co_return oauth_refusal(*answer.refused, method);
    co_return text_response(200, "text/plain", "", "Pragma: no-cache\r\n");
}

}  // namespace jeton::front
