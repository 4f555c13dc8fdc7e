/// Consent: access review|allow|decline|disable|enable.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/prompt.hpp"
#include "cli/review.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct AllowArgs {
    std::string connection, on_behalf_of, reason;
    std::optional<std::int64_t> version;
};

struct StateArgs {
    std::string connection, reason;
};

Result<Document> get_review(Context& context, const std::string& connection) {
    const auto path = connection_path(connection, "/review");
    if (!path) return std::unexpected{path.error()};
    return context.ask(Call::get(*path));
}

/// POST to the connection's `act`, shows the message.
int change_state(Context& context, const std::string& connection, std::string_view act, json::object body) {
    const auto path = connection_path(connection, act);
    if (!path) return context.fail(path.error());
    const auto answer = context.ask(Call::change(*path, std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto message = field(answer->tree, "message");
    context.say(message.empty()
                    ? fmt::format("{} is {}", field(answer->tree, "connection"), field(answer->tree, "state"))
                    : message);
    return exit_code::done;
}

int review(Context& context, const std::string& connection) {
    const auto answer = get_review(context, connection);
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.write(review_text(answer->tree, context.terminal()));
    return exit_code::done;
}

int decline(Context& context, const std::string& connection) {
    return change_state(context, connection, "/decline", {});
}

int allow_version(Context& context, const AllowArgs& args, std::int64_t version) {
    const auto path = connection_path(args.connection, "/allow");
    if (!path) return context.fail(path.error());
    json::object body;
    body["version"] = version;
    add_text(body, "on_behalf_of", args.on_behalf_of);
    add_text(body, "reason", args.reason);
    const auto answer = context.ask(Call::change(*path, std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto secret = raw_field(answer->tree, "client_secret");
    const auto message = field(answer->tree, "message");
    const auto id = field(answer->tree, "client_id");
    const auto client_id = id.empty() ? std::string{} : fmt::format("{:<15} {}", "Client ID", id);
    if (secret.empty() || context.terminal().output) {
        context.say(message.empty() ? fmt::format("{} is allowed version {}", args.connection, version) : message);
        context.say(client_id);
    } else {
        context.remark(client_id);  // stdout is for the secret alone
    }
    if (!secret.empty()) {
        context.reveal(
            "Client secret", secret,
            "This client secret is visible only once. If you lose it, you'll need to generate a new secret.");
    }
    return exit_code::done;
}

/// On a terminal: the review, the question, the answer. The version allowed is the one that was shown.
int walk_through(Context& context, const AllowArgs& args) {
    const auto shown = get_review(context, args.connection);
    if (!shown) return context.fail(shown.error());
    const auto& offered = member(shown->tree, "offered_version");
    boost::system::error_code problem;
    const auto version = offered.to_number<std::int64_t>(problem);
    if (problem)
        return context.fail(
            {exit_code::unreachable, "bad_answer", "the review names no version", "jeton --version", {}});
    context.write(review_text(shown->tree, context.terminal()));
    if (context.options().yes) return allow_version(context, args, version);
    const auto answer = ask_line(
        fmt::format("\nAllow or Decline version {}? [allow/decline; anything else changes nothing] ", version));
    if (answer == "allow" || answer == "Allow") return allow_version(context, args, version);
    if (answer == "decline" || answer == "Decline") return decline(context, args.connection);
    return context.fail(refuse("confirmation_required", "neither allowed nor declined; nothing was changed",
                               fmt::format("jeton access allow {}", args.connection))
                            .error());
}

int allow(Context& context, const AllowArgs& args) {
    if (args.version) return allow_version(context, args, *args.version);
    if (context.terminal().interactive() && !context.options().json) return walk_through(context, args);
    return context.fail(refuse_usage("without a terminal, --version must name the version that was reviewed",
                                     fmt::format("jeton access review {}, then jeton access allow {} --version N",
                                                 args.connection, args.connection))
                            .error());
}

int disable(Context& context, const StateArgs& args) {
    const auto question = fmt::format(
        "Disabling {} pauses the access: the app gets no new token until it is enabled again.", args.connection);
    if (const auto refused = context.confirm(question)) return context.fail(*refused);
    json::object body;
    add_text(body, "reason", args.reason);
    return change_state(context, args.connection, "/disable", std::move(body));
}

int enable(Context& context, const StateArgs& args) {
    json::object body;
    add_text(body, "reason", args.reason);
    return change_state(context, args.connection, "/enable", std::move(body));
}

}  // namespace

void add_access_verbs(CommandLine& line) {
    constexpr auto connection = "APP/TENANT@ENVIRONMENT";
    line.noun("access", "What tenants allow to apps");
    const auto reviewed = std::make_shared<std::string>();
    line.verb("access review", "Show what the app asks for, and what is new",
              "jeton access review dispatcher/1234567@integration")
        .needs("CONNECTION", *reviewed, connection)
        .runs([reviewed](Context& context) { return review(context, *reviewed); });
    const auto allowed = std::make_shared<AllowArgs>();
    line.verb("access allow", "Allow a version; on a terminal without --version it shows the review and asks",
              "jeton access allow dispatcher/1234567@integration --version 1")
        .needs("CONNECTION", allowed->connection, connection)
        .number("--version", allowed->version, "The version that was reviewed")
        .option("--on-behalf-of", allowed->on_behalf_of, "WHO", "Who agreed, where you are not the tenant's admin")
        .option("--reason", allowed->reason, "R", "Why you act for them")
        .runs([allowed](Context& context) { return allow(context, *allowed); });
    const auto declined = std::make_shared<std::string>();
    line.verb("access decline", "Decline the offered version", "jeton access decline dispatcher/1234567@integration")
        .needs("CONNECTION", *declined, connection)
        .runs([declined](Context& context) { return decline(context, *declined); });
    const auto disabled = std::make_shared<StateArgs>();
    line.verb("access disable", "! Pause the access", "jeton access disable dispatcher/1234567@integration --yes")
        .needs("CONNECTION", disabled->connection, connection)
        .option("--reason", disabled->reason, "R", "Why, for the audit")
        .runs([disabled](Context& context) { return disable(context, *disabled); });
    const auto enabled = std::make_shared<StateArgs>();
    line.verb("access enable", "Restore the access", "jeton access enable dispatcher/1234567@integration")
        .needs("CONNECTION", enabled->connection, connection)
        .option("--reason", enabled->reason, "R", "Why, for the audit")
        .runs([enabled](Context& context) { return enable(context, *enabled); });
}

}  // namespace jeton::cli
