#include "cli/token_request.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/values.hpp"

namespace jeton::cli {
namespace {

using namespace std::chrono_literals;

bool is_one_word(std::string_view token) {
    return !token.empty() && std::ranges::all_of(token, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

Call token_call(const TokenWish& wish) {
    Call call;
    call.method = "POST";
    call.target = "/token";
    call.content_type = "application/x-www-form-urlencoded";
    call.body.append(token_form(wish));
    call.socket = client::Socket::token;
    call.time_limit = token_patience;
    return call;
}

}  // namespace

Failure told_apart(Context& context, Failure failure) {
    if (failure.code != "temporarily_unavailable") return failure;
    auto call = Call::get("/healthz");
    call.socket = client::Socket::token;
    call.time_limit = 5s;
    const auto health = context.ask(call);
    if (!health) return failure;
    const auto state = raw_field(health->tree, "state");
    if (state != "sealed" && state != "uninitialised") return failure;
    failure.exit_code = exit_code::sealed;
    if (failure.next.empty()) {
        failure.next = state == "sealed" ? "jeton unseal" : "jeton init";
        failure.document.clear();  // it does not say so
    }
    return failure;
}

std::string token_form(const TokenWish& wish) {
    auto form = std::string{"grant_type=client_credentials"};
    if (!wish.connection.empty()) form += "&connection=" + percent_encoded(wish.connection);
    if (!wish.scopes.empty()) form += "&scope=" + percent_encoded(fmt::format("{}", fmt::join(wish.scopes, " ")));
    for (const auto& resource : wish.resources) form += "&resource=" + percent_encoded(resource);
    if (wish.min_ttl) form += fmt::format("&min_ttl={}", *wish.min_ttl);
    return form;
}

Result<std::string_view> token_in(const json::value& answer) {
    const auto token = raw_field(answer, "access_token");
    if (is_one_word(token)) return token;
    return std::unexpected{
        Failure{exit_code::unreachable, "bad_answer", "the daemon's answer holds no usable token", "jeton status", {}}};
}

Result<Document> ask_for_token(Context& context, const TokenWish& wish) {
    auto answer = context.ask(token_call(wish));
    if (!answer) return std::unexpected{told_apart(context, answer.error())};
    return answer;
}

std::optional<ConnectionParts> parts_of(std::string_view connection) {
    const auto slash = connection.find('/');
    const auto at = connection.rfind('@');
    if (slash == std::string_view::npos || at == std::string_view::npos || at < slash) return std::nullopt;
    return ConnectionParts{connection.substr(0, slash), connection.substr(slash + 1, at - slash - 1),
                           connection.substr(at + 1)};
}

}  // namespace jeton::cli
