#include "cli/presented_token.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/prompt.hpp"
#include "cli/suggestion.hpp"
#include "cli/token_request.hpp"
#include "cli/values.hpp"

namespace jeton::cli {
namespace {

Failure no_such_environment(const std::string& name, const std::vector<std::string>& known) {
    const auto near = nearest(name, known);
    return {exit_code::refused,
            "not_found",
            fmt::format("no environment {}", name),
            near ? fmt::format("did you mean {}? jeton environment list shows all", *near) : "jeton environment list",
            {}};
}

/// Who asks an introspector's question about tokens that are none of this daemon's.
Failure issued_elsewhere(const std::string& environment) {
    return {
        exit_code::refused,
        "unsupported_token_type",
        fmt::format("the tokens of {} are issued elsewhere: only their issuer says what they are worth", environment),
        fmt::format("ask the issuer; where this daemon gets them: jeton environment show {}", environment),
        {}};
}

/// A refusal that may be about the environment's name or kind.
Failure about_environment(Context& context, Failure failure, const std::string& name, std::string_view endpoint) {
    if (failure.code != "invalid_request" && failure.code != "invalid_client") return failure;
    const auto listed = context.ask_all(Call::get("/v1/environments"));
    if (!listed) return failure;  // not for this caller to see
    std::vector<std::string> known;
    for (const auto& one : elements(listed->tree)) {
        known.push_back(field(one, "environment"));
        if (known.back() != name) continue;
        const bool elsewhere = endpoint == "introspect" && field(one, "kind") == "upstream";
        return elsewhere ? issued_elsewhere(name) : std::move(failure);
    }
    return no_such_environment(name, known);
}

}  // namespace

Result<Call> present_token(const Context& context, const std::string& environment, std::string_view endpoint) {
    const auto token = read_secret(context.terminal(), "Token (unseen): ");
    if (!token) return std::unexpected{token.error()};
    if (token->empty()) {
        return refuse("bad_input", "no token came on stdin", fmt::format("jeton {} ENVIRONMENT < FILE", endpoint));
    }
    Call call;
    call.method = "POST";
    call.target = fmt::format("/{}/{}", percent_encoded(environment), endpoint);
    call.content_type = "application/x-www-form-urlencoded";
    auto encoded = percent_encoded(token->view());
    call.body.append("token=");
    call.body.append(encoded);
    client::wipe(encoded);
    call.socket = client::Socket::token;
    return call;
}

Result<Document> ask_about_token(Context& context, const Call& call, const std::string& environment,
                                 std::string_view endpoint) {
    auto answer = context.ask(call);
    if (answer) return answer;
    return std::unexpected{
        about_environment(context, told_apart(context, std::move(answer.error())), environment, endpoint)};
}

}  // namespace jeton::cli
