/// One access token, from the token socket as any OAuth client gets it (RFC 6749 §4.4).
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

using namespace std::chrono_literals;

struct TokenArgs {
    std::string connection;
    std::vector<std::string> scopes;
    bool header = false;
    bool environment = false;
};

Call token_call(const TokenArgs& args) {
    auto form = std::string{"grant_type=client_credentials"};
    if (!args.connection.empty()) form += "&connection=" + percent_encoded(args.connection);
    if (!args.scopes.empty()) form += "&scope=" + percent_encoded(fmt::format("{}", fmt::join(args.scopes, " ")));
    Call call;
    call.method = "POST";
    call.target = "/token";
    call.content_type = "application/x-www-form-urlencoded";
    call.body.append(form);
    call.socket = client::Socket::token;
    call.time_limit = 20s;
    return call;
}

/// A token that cannot stand in a header or a line is not handed on.
bool is_one_word(std::string_view token) {
    return !token.empty() && std::ranges::all_of(token, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

/// Lines that a shell, systemd's EnvironmentFile= and docker's --env-file read alike.
void write_environment(Context& context, const json::value& answer, std::string_view token) {
    client::WipedText lines;
    const auto add = [&lines](std::string_view name, std::string_view value) {
        if (value.empty()) return;
        lines.append(name);
        lines.append("=");
        lines.append(shell_quoted(value));
        lines.append("\n");
    };
    add("JETON_TOKEN", token);
    add("JETON_APP_KEY", raw_field(answer, "app_key"));
    const auto connection = raw_field(answer, "connection");
    const auto slash = connection.find('/');
    const auto at = connection.rfind('@');
    if (slash != std::string_view::npos && at != std::string_view::npos && at > slash) {
        add("JETON_TENANT", connection.substr(slash + 1, at - slash - 1));
        add("JETON_ENVIRONMENT", connection.substr(at + 1));
    }
    context.write(lines.view());
}

/// OAuth has one word for "not now"; whether the store is sealed is asked for, because the exit code tells it (4).
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
    if (failure.next.empty()) failure.next = state == "sealed" ? "jeton unseal" : "jeton init";
    return failure;
}

int token(Context& context, const TokenArgs& args) {
    if (!args.connection.empty()) {
        if (const auto path = connection_path(args.connection); !path) return context.fail(path.error());
    }
    const auto answer = context.ask(token_call(args));
    if (!answer) return context.fail(told_apart(context, answer.error()));
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto value = raw_field(answer->tree, "access_token");
    if (!is_one_word(value)) {
        return context.fail(
            {exit_code::unreachable, "bad_answer", "the daemon's answer holds no usable token", "jeton status", {}});
    }
    if (args.environment) {
        write_environment(context, answer->tree, value);
        return exit_code::done;
    }
    if (args.header) context.write("Authorization: Bearer ");
    context.write(value);
    context.write("\n");
    return exit_code::done;
}

}  // namespace

void add_token_verb(CommandLine& line) {
    const auto args = std::make_shared<TokenArgs>();
    line.verb("token", "Print an access token; without CONNECTION that of your default binding",
              "curl -H \"$(jeton token --header dispatcher/1234567@integration)\" https://api.example.com/")
        .may_have("CONNECTION", args->connection, "APP/TENANT@ENVIRONMENT")
        .repeated("--scope", args->scopes, "S", "Ask for this scope only; may be repeated")
        .flag("--header", args->header, "Print it as an Authorization header")
        .flag("--env", args->environment, "Print JETON_TOKEN=… and what belongs to it, one a line")
        .either("--header", "--env")
        .runs([args](Context& context) { return token(context, *args); });
}

}  // namespace jeton::cli
