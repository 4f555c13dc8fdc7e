/// Tokens that end before their time: revoke. One, from the token socket as any client does it (RFC 7009), or all that
/// a connection has got.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/presented_token.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct RevokeArgs {
    std::string environment;
    std::string connection;
};

int revoke_one(Context& context, const std::string& environment) {
    auto call = present_token(context, environment, "revoke");
    if (!call) return context.fail(call.error());
    call->answers_nothing = true;
    call->changes = true;
    const auto answer = ask_about_token(context, *call, environment, "revoke");
    if (!answer) return context.fail(answer.error());
    // RFC 7009 §2.2: what is no token, or none any more, is answered alike.
    context.say(fmt::format("if it was a token of {}, it is inactive from now on", printable(environment)));
    return exit_code::done;
}

int revoke(Context& context, const RevokeArgs& args) {
    constexpr auto* forms = "jeton revoke ENVIRONMENT < FILE, or jeton revoke --connection APP/TENANT@ENVIRONMENT";
    if (args.environment.empty() == args.connection.empty()) {
        return context.fail(refuse_usage(args.connection.empty()
                                             ? "say what to revoke: a token of an environment, or --connection"
                                             : "either a token of an environment, or all of a --connection",
                                         forms)
                                .error());
    }
    if (args.connection.empty()) return revoke_one(context, args.environment);
    const auto path = connection_path(args.connection, "/revoke");
    if (!path) return context.fail(path.error());
    return context.report(context.ask(Call::change(*path)));
}

}  // namespace

void add_revoke_verb(CommandLine& line) {
    const auto args = std::make_shared<RevokeArgs>();
    line.verb("revoke",
              "End a token before its time; the token comes on stdin, and must be one that you could have got.\n"
              "With --connection: all that it has got so far; programs get fresh ones at once",
              "jeton token dispatcher/1234567@integration | jeton revoke integration")
        .may_have("ENVIRONMENT", args->environment, "Where the token is from")
        .option("--connection", args->connection, "APP/TENANT@ENVIRONMENT", "End all tokens of this connection instead")
        .runs([args](Context& context) { return revoke(context, *args); });
}

}  // namespace jeton::cli
