/// Client secrets: secret generate|import|list|deactivate.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

int generate(Context& context, const std::string& connection) {
    const auto path = connection_path(connection, "/secrets");
    if (!path) return context.fail(path.error());
    const auto answer = context.ask(Call::change(*path));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    if (context.terminal().output) {
        context.write(fmt::format("{:<15} {}\n", "Connection", field(answer->tree, "connection")));
        context.write(fmt::format("{:<15} {}\n", "Client ID", field(answer->tree, "client_id")));
    }
    context.reveal("Client secret", raw_field(answer->tree, "client_secret"),
                   "This client secret is visible only once. If you lose it, you'll need to generate a new secret.");
    return exit_code::done;
}

struct ImportArgs {
    std::string connection, client_id, overlap;
    bool now = false;
};

int import(Context& context, const ImportArgs& args) {
    const auto path = connection_path(args.connection, "/secrets/import");
    if (!path) return context.fail(path.error());
    json::object body(protocol::wiped_storage());
    add_text(body, "client_id", args.client_id);
    if (args.now) {
        const auto refused =
            context.confirm(fmt::format("With --now the other secrets of {} stop working at once.", args.connection));
        if (refused) return context.fail(*refused);
        body["now"] = true;
    }
    if (!args.overlap.empty()) {
        const auto seconds = seconds_in(args.overlap);
        if (!seconds) return context.fail(refuse_usage("--overlap is no duration", "write 24h, 7d or 90m").error());
        body["overlap"] = *seconds;
    }
    const auto secret = read_secret(context.terminal(), "Client secret (unseen): ");
    if (!secret) return context.fail(secret.error());
    if (secret->empty()) {
        return context.fail(refuse("bad_input", "no client secret came on stdin",
                                   fmt::format("jeton secret import {} --client-id ID < FILE", args.connection))
                                .error());
    }
    add_text(body, "client_secret", secret->view());
    const auto answer = context.ask(Call::change(*path, std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) {
        context.say(
            fmt::format("imported {}... for {}", field(answer->tree, "prefix"), field(answer->tree, "connection")));
    }
    return exit_code::done;
}

int list(Context& context, const std::string& connection) {
    auto path = connection.empty() ? Result<std::string>{"/v1/secrets"} : connection_path(connection, "/secrets");
    if (!path) return context.fail(path.error());
    const auto answer = context.ask(Call::get(*path));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"CONNECTION", "SECRET", "STATE", "CREATED", "BY", "LAST USED", "BY", "DEACTIVATES"}, {}};
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back({field(one, "connection"), field(one, "prefix") + "...", field(one, "state"),
                              field(one, "created_at"), field(one, "created_by"), field(one, "last_used_at"),
                              field(one, "last_used_by"), field(one, "deactivates_at")});
    }
    if (table.rows.empty())
        context.remark("no client secret yet; jeton secret generate --help");
    else
        context.write(table.text(context.terminal().width, context.terminal().color));
    return exit_code::done;
}

struct DeactivateArgs {
    std::string connection, prefix;
};

int deactivate(Context& context, const DeactivateArgs& args) {
    const auto path =
        connection_path(args.connection, fmt::format("/secrets/{}/deactivate", percent_encoded(args.prefix)));
    if (!path) return context.fail(path.error());
    const auto question = fmt::format(
        "If you deactivate client secret {}... of {}, it will no longer be valid. Are you sure you want to continue?",
        args.prefix, args.connection);
    if (const auto refused = context.confirm(question)) return context.fail(*refused);
    const auto answer = context.ask(Call::change(*path));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto message = field(answer->tree, "message");
    context.say(message.empty()
                    ? fmt::format("{}... is {}", field(answer->tree, "prefix"), field(answer->tree, "state"))
                    : message);
    return exit_code::done;
}

}  // namespace

void add_secret_verbs(CommandLine& line) {
    constexpr auto connection = "APP/TENANT@ENVIRONMENT";
    line.noun("secret", "Client secrets of connections");
    const auto generated = std::make_shared<std::string>();
    line.verb("secret generate",
              "Make a new client secret and show it once.\n"
              "On a terminal with its client ID; where stdout is no terminal, the secret alone and a newline.",
              "jeton secret generate dispatcher/1234567@integration > secret-file")
        .needs("CONNECTION", *generated, connection)
        .runs([generated](Context& context) { return generate(context, *generated); });
    const auto imported = std::make_shared<ImportArgs>();
    line.verb("secret import", "Take in a pair made elsewhere; the secret comes on stdin",
              "jeton secret import dispatcher/1234567@production --client-id cid.abc < secret-file")
        .needs("CONNECTION", imported->connection, connection)
        .needs_option("--client-id", imported->client_id, "ID", "The pair's client ID")
        .option("--overlap", imported->overlap, "D", "How long the secret in use stays active, such as 24h")
        .flag("--now", imported->now, "! Deactivate the secret in use at once")
        .either("--overlap", "--now")
        .runs([imported](Context& context) { return import(context, *imported); });
    const auto listed = std::make_shared<std::string>();
    line.verb("secret list", "List client secrets by prefix, never by value",
              "jeton secret list dispatcher/1234567@integration")
        .may_have("CONNECTION", *listed, connection)
        .runs([listed](Context& context) { return list(context, *listed); });
    const auto deactivated = std::make_shared<DeactivateArgs>();
    line.verb("secret deactivate", "! End one client secret",
              "jeton secret deactivate dispatcher/1234567@integration jcs.4k2p --yes")
        .needs("CONNECTION", deactivated->connection, connection)
        .needs("PREFIX", deactivated->prefix, "The secret's prefix, as listed")
        .runs([deactivated](Context& context) { return deactivate(context, *deactivated); });
}

}  // namespace jeton::cli
