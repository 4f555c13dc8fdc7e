/// Client secrets: secret generate|rotate|rollback|import|list|identify|deactivate.
#include <memory>

#include <fmt/format.h>

#include "cli/connection_cells.hpp"
#include "cli/context.hpp"
#include "cli/form_fields.hpp"
#include "cli/identity.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

constexpr std::string_view secret_once =
    "This client secret is visible only once. If you lose it, you'll need to generate a new secret.";

/// A new secret, or a ticket for one.
struct NewSecretArgs {
    std::string connection, ticket_for;
    std::optional<std::int64_t> overlap;
    bool now = false;
    std::optional<std::int64_t> expires_in;
};

std::optional<Failure> problem_of(const NewSecretArgs& args, std::string_view verb) {
    if (!args.expires_in || !args.ticket_for.empty()) return std::nullopt;
    return refuse_usage("--expires says how long a ticket lives: it stands with --ticket-for",
                        fmt::format("jeton secret {} {} --ticket-for USER --expires D", verb, args.connection))
        .error();
}

void add_ticket(json::object& body, const NewSecretArgs& args) {
    add_text(body, "ticket_for", args.ticket_for);
    if (args.expires_in) body["expires_in"] = *args.expires_in;
}

/// "jcs.4k2p... until 2026-02-01T09:00:00Z"; empty if nothing was replaced.
std::string old_secret_text(const json::value& answer) {
    const auto& old = member(answer, "old");
    const auto prefix = field(old, "prefix");
    if (prefix.empty()) return {};
    const auto until = field(old, "deactivates_at");
    return until.empty() ? prefix + "..." : fmt::format("{}... until {}", prefix, until);
}

void reveal_ticket(Context& context, const json::value& answer) {
    context.reveal("Ticket", raw_field(answer, "ticket"), "This ticket is visible only once.",
                   {{"Connection", field(answer, "connection")},
                    {"Client ID", field(answer, "client_id")},
                    {"For", field(answer, "for")},
                    {"Expires", field(answer, "expires_at")},
                    {"Ticket ID", short_id(answer)}});
}

void reveal_secret(Context& context, const json::value& answer) {
    context.reveal("Client secret", raw_field(answer, "client_secret"), secret_once,
                   {{"Connection", field(answer, "connection")},
                    {"Client ID", field(answer, "client_id")},
                    {"Old secret", old_secret_text(answer)}});
}

/// POSTs to the connection's `act` and shows the secret or the ticket that comes back.
int make_secret(Context& context, const std::string& path, json::object body) {
    const auto answer = context.ask(Call::change(path, std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    if (raw_field(answer->tree, "ticket").empty()) {
        reveal_secret(context, answer->tree);
    } else {
        reveal_ticket(context, answer->tree);
    }
    // What the daemon says of a fresh secret stands beside it already.
    if (const auto message = field(answer->tree, "message"); message != secret_once) context.remark(message);
    return exit_code::done;
}

int generate(Context& context, const NewSecretArgs& args) {
    const auto path = connection_path(args.connection, "/secrets");
    if (!path) return context.fail(path.error());
    if (const auto problem = problem_of(args, "generate")) return context.fail(*problem);
    json::object body;
    add_ticket(body, args);
    return make_secret(context, *path, std::move(body));
}

int rotate(Context& context, const NewSecretArgs& args) {
    const auto path = connection_path(args.connection, "/secrets/rotate");
    if (!path) return context.fail(path.error());
    if (const auto problem = problem_of(args, "rotate")) return context.fail(*problem);
    json::object body;
    if (args.now || args.overlap == 0) {
        const auto refused =
            context.confirm(fmt::format("The secret of {} in use stops working at once.", args.connection));
        if (refused) return context.fail(*refused);
        body["now"] = true;
    } else if (args.overlap) {
        body["overlap"] = *args.overlap;
    }
    add_ticket(body, args);
    return make_secret(context, *path, std::move(body));
}

int rollback(Context& context, const std::string& connection) {
    const auto path = connection_path(connection, "/secrets/rollback");
    if (!path) return context.fail(path.error());
    const auto refused = context.confirm(fmt::format(
        "Rolling back makes the secret that {} had before the one in use again; the newer one stops working at once.",
        connection));
    if (refused) return context.fail(*refused);
    return context.report(context.ask(Call::change(*path)));
}

struct ImportArgs {
    std::string connection, client_id;
    std::vector<std::string> form_fields;
    std::optional<std::int64_t> overlap;
    bool now = false;
};

int import(Context& context, const ImportArgs& args) {
    const auto path = connection_path(args.connection, "/secrets/import");
    if (!path) return context.fail(path.error());
    json::object body(protocol::wiped_storage());
    add_text(body, "client_id", args.client_id);
    if (const auto added = add_form_fields(body, args.form_fields); !added) return context.fail(added.error());
    if (args.now || args.overlap == 0) {
        const auto refused =
            context.confirm(fmt::format("The other secrets of {} stop working at once.", args.connection));
        if (refused) return context.fail(*refused);
        body["now"] = true;
    } else if (args.overlap) {
        body["overlap"] = *args.overlap;
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

struct ListArgs {
    std::string connection;
    std::optional<std::int64_t> older_than;
};

int list(Context& context, const ListArgs& args) {
    auto path =
        args.connection.empty() ? Result<std::string>{"/v1/secrets"} : connection_path(args.connection, "/secrets");
    if (!path) return context.fail(path.error());
    const auto answer = context.ask_all(
        Call::get(*std::move(path), {{"older_than", args.older_than ? std::to_string(*args.older_than) : ""}}));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"CONNECTION", "SECRET", "STATE", "CREATED", "LAST USED", "BY", "DEACTIVATES"}, {}};
    Advice advice;
    for (const auto& one : elements(answer->tree)) {
        const auto problem = field(one, "problem");
        advice.add(problem.empty() ? field(one, "hint") : problem);
        table.rows.push_back({field(one, "connection"), field(one, "prefix") + "...",
                              field(one, "state") + (problem.empty() ? "" : ", not used"), field(one, "created_at"),
                              field(one, "last_used_at"), field(one, "last_used_by"), field(one, "deactivates_at")});
    }
    context.show(table,
                 args.older_than ? "no client secret is older" : "no client secret; jeton secret generate --help");
    advice.write(context);
    return exit_code::done;
}

std::string checksum_text(const json::value& found) {
    const auto& value = member(found, "valid_checksum");
    if (!value.is_bool()) return {};
    return value.get_bool() ? "good" : "wrong";
}

std::string found_text(const json::value& found) {
    const auto prefix = field(found, "prefix");
    return pairs_text({{"kind", field(found, "kind")},
                       {"checksum", checksum_text(found)},
                       {"connection", field(found, "connection")},
                       {"secret", prefix.empty() ? prefix : prefix + "..."},
                       {"state", field(found, "state")},
                       {"created", field(found, "created_at")},
                       {"last used", field(found, "last_used_at")},
                       {"by", field(found, "last_used_by")}});
}

int identify(Context& context) {
    const auto value = read_secret(context.terminal(), "Value (unseen): ");
    if (!value) return context.fail(value.error());
    if (value->empty())
        return context.fail(refuse("bad_input", "no value came on stdin", "jeton secret identify < FILE").error());
    json::object body(protocol::wiped_storage());
    add_text(body, "value", value->view());
    auto call = Call::change("/v1/secrets/identify", std::move(body));
    call.changes = false;
    const auto answer = context.ask(call);
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    context.write(found_text(answer->tree));
    context.say(field(answer->tree, "message"));
    return exit_code::done;
}

struct DeactivateArgs {
    std::string connection, prefix;
};

/// Whether and by whom the secret was used lately, in the daemon's words.
Result<std::string> usage_warning(Context& context, const DeactivateArgs& args) {
    const auto path = connection_path(args.connection, "/secrets");
    if (!path) return std::unexpected{path.error()};
    const auto answer = context.ask_all(Call::get(*path));
    if (!answer) return std::unexpected{answer.error()};
    for (const auto& one : elements(answer->tree)) {
        if (raw_field(one, "prefix").starts_with(args.prefix) && raw_field(one, "state") != "deactivated")
            return field(one, "warning");
    }
    return std::string{};
}

std::optional<Failure> confirm_deactivation(Context& context, const DeactivateArgs& args) {
    std::string details;
    if (context.will_ask()) {
        const auto warning = usage_warning(context, args);
        if (!warning) return warning.error();
        if (!warning->empty()) details = fmt::format("This client secret is in use: {}.\n", *warning);
    }
    const auto question = fmt::format(
        "If you deactivate client secret {}... of {}, it will no longer be valid. Are you sure you want to continue?",
        args.prefix, args.connection);
    return context.confirm(question, details);
}

/// A prefix as the listings show it, `jcs.4k2p...`, without the dots.
std::string_view without_dots(std::string_view prefix) {
    if (prefix.ends_with("...")) prefix.remove_suffix(3);
    return prefix;
}

int deactivate(Context& context, DeactivateArgs args) {
    args.prefix = without_dots(args.prefix);
    const auto path =
        connection_path(args.connection, fmt::format("/secrets/{}/deactivate", percent_encoded(args.prefix)));
    if (!path) return context.fail(path.error());
    if (const auto refused = confirm_deactivation(context, args)) return context.fail(*refused);
    const auto answer = context.ask(Call::change(*path));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto message = field(answer->tree, "message");
    context.say(message.empty()
                    ? fmt::format("{}... is {}", field(answer->tree, "prefix"), field(answer->tree, "state"))
                    : message);
    return exit_code::done;
}

constexpr Durations overlap{.most = 30LL * 86'400};
constexpr Durations ticket_life{.least = 60, .most = 7LL * 86'400};

}  // namespace

void add_secret_verbs(CommandLine& line) {
    constexpr auto connection = "APP/TENANT@ENVIRONMENT";
    line.noun("secret", "Client secrets of connections");
    const auto generated = std::make_shared<NewSecretArgs>();
    line.verb("secret generate",
              "Make a new client secret and show it once.\n"
              "On a terminal with its client ID; where stdout is no terminal, the secret alone and a newline.",
              "jeton secret generate dispatcher/1234567@integration > secret-file")
        .needs("CONNECTION", generated->connection, connection)
        .option("--ticket-for", generated->ticket_for, "USER",
                "Instead of the secret, show a ticket: this user makes and gets the secret with it")
        .duration("--expires", generated->expires_in, "How long the ticket lives (default 24h)", ticket_life)
        .runs([generated](Context& context) { return generate(context, *generated); });
    const auto rotated = std::make_shared<NewSecretArgs>();
    line.verb("secret rotate",
              "Make a new client secret, show it once, and let the one in use end after an overlap.\n"
              "Where stdout is no terminal, the secret alone and a newline; the rest on stderr.",
              "jeton secret rotate dispatcher/1234567@integration --overlap 48h > secret-file")
        .needs("CONNECTION", rotated->connection, connection)
        .duration("--overlap", rotated->overlap, "How long the secret in use stays active (default 24h, at most 30d)",
                  overlap)
        .flag("--now", rotated->now, "! Deactivate the secret in use at once")
        .either("--overlap", "--now")
        .option("--ticket-for", rotated->ticket_for, "USER",
                "Instead of the secret, show a ticket: this user makes and gets the secret with it")
        .duration("--expires", rotated->expires_in, "How long the ticket lives (default 24h)", ticket_life)
        .runs([rotated](Context& context) { return rotate(context, *rotated); });
    const auto rolled_back = std::make_shared<std::string>();
    line.verb("secret rollback", "! Go back to the secret before the last rotation, while it still overlaps",
              "jeton secret rollback dispatcher/1234567@integration --yes")
        .needs("CONNECTION", *rolled_back, connection)
        .runs([rolled_back](Context& context) { return rollback(context, *rolled_back); });
    const auto imported = std::make_shared<ImportArgs>();
    line.verb("secret import", "Take in a pair made elsewhere; the secret comes on stdin",
              "jeton secret import dispatcher/1234567@production --client-id cid.abc < secret-file")
        .needs("CONNECTION", imported->connection, connection)
        .needs_option("--client-id", imported->client_id, "ID", "The pair's client ID")
        .duration("--overlap", imported->overlap, "How long the secret in use stays active, such as 24h", overlap)
        .flag("--now", imported->now, "! Deactivate the secret in use at once")
        .either("--overlap", "--now")
        .repeated("--form-field", imported->form_fields, "NAME=VALUE",
                  "Also sent with the pair, as the portal's documentation says; may be repeated; '': none")
        .runs([imported](Context& context) { return import(context, *imported); });
    const auto listed = std::make_shared<ListArgs>();
    line.verb("secret list", "List client secrets by prefix, never by value",
              "jeton secret list dispatcher/1234567@integration")
        .may_have("CONNECTION", listed->connection, connection)
        .duration("--older-than", listed->older_than, "Only secrets made longer ago than this, such as 90d")
        .runs([listed](Context& context) { return list(context, *listed); });
    line.verb("secret identify",
              "Say what a found value is, and whose; it comes on stdin and is never shown.\n"
              "Knows client secrets, local pairs, client IDs, app keys and tickets.",
              "jeton secret identify < found")
        .runs(identify);
    const auto deactivated = std::make_shared<DeactivateArgs>();
    line.verb("secret deactivate", "! End one client secret",
              "jeton secret deactivate dispatcher/1234567@integration jcs.4k2p --yes")
        .needs("CONNECTION", deactivated->connection, connection)
        .needs("PREFIX", deactivated->prefix, "The secret's prefix, as listed")
        .runs([deactivated](Context& context) { return deactivate(context, *deactivated); });
}

}  // namespace jeton::cli
