/// One access token, from the token socket as any OAuth client gets it (RFC 6749 §4.4).
#include <memory>

#include "cli/token_request.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct TokenArgs {
    TokenWish wish;
    bool header = false;
    bool environment = false;
};

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
    if (const auto parts = parts_of(raw_field(answer, "connection"))) {
        add("JETON_TENANT", parts->tenant);
        add("JETON_ENVIRONMENT", parts->environment);
    }
    context.write(lines.view());
}

int token(Context& context, const TokenArgs& args) {
    if (!args.wish.connection.empty()) {
        if (const auto path = connection_path(args.wish.connection); !path) return context.fail(path.error());
    }
    const auto answer = ask_for_token(context, args.wish);
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto value = token_in(answer->tree);
    if (!value) return context.fail(value.error());
    if (args.environment) {
        write_environment(context, answer->tree, *value);
        return exit_code::done;
    }
    client::WipedText line;  // in one piece: who reads a pipe wakes once, and has all of it
    if (args.header) line.append("Authorization: Bearer ");
    line.append(*value);
    line.append("\n");
    context.write(line.view());
    return exit_code::done;
}

}  // namespace

void add_token_verb(CommandLine& line) {
    const auto args = std::make_shared<TokenArgs>();
    line.verb("token", "Print an access token; without CONNECTION that of your default binding",
              "curl -H \"$(jeton token --header dispatcher/1234567@integration)\" https://api.example.com/")
        .may_have("CONNECTION", args->wish.connection, "APP/TENANT@ENVIRONMENT")
        .repeated("--scope", args->wish.scopes, "S", "Ask for this scope only; may be repeated")
        .repeated("--resource", args->wish.resources, "URI",
                  "Whom it is for, of the environment's resources (RFC 8707); may be repeated")
        .flag("--header", args->header, "Print it as an Authorization header")
        .flag("--env", args->environment, "Print JETON_TOKEN=… and what belongs to it, one a line")
        .either("--header", "--env")
        .runs([args](Context& context) { return token(context, *args); });
}

}  // namespace jeton::cli
