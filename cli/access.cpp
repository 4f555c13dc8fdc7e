/// Consent: access list|review|allow|decline|record|disable|enable.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/connection_cells.hpp"
#include "cli/context.hpp"
#include "cli/prompt.hpp"
#include "cli/review.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"
#include "libclient/protocol/ascii.hpp"

namespace jeton::cli {
namespace {

/// For whom somebody decides who is no admin of the tenant, and why.
struct OnBehalf {
    std::string who, reason;

    void add_to(json::object& body) const {
        add_text(body, "on_behalf_of", who);
        add_text(body, "reason", reason);
    }
};

Verb& takes_on_behalf(Verb& verb, OnBehalf& on_behalf) {
    return verb.option("--on-behalf-of", on_behalf.who, "WHO", "Who agreed, where you are not the tenant's admin")
        .option("--reason", on_behalf.reason, "R", "Why; it stands in the audit");
}

// --- list ---------------------------------------------------------------------------------------------------------

struct ListArgs {
    std::string tenant;
    bool pending = false;
};

int list(Context& context, const ListArgs& args) {
    const auto answer =
        context.ask_all(Call::get("/v1/access", {{"tenant", args.tenant}, {"pending", args.pending ? "true" : ""}}));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"CONNECTION", "STATUS", "API SCOPES VERSION", "CLIENT ID", "ORGANIZATION"}, {}};
    Advice next;
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back({field(one, "connection"), field(one, "status"), version_cell(one),
                              field(one, "client_id"), field(one, "organization")});
        const auto offer = field(one, "offer");
        if (raw_field(one, "status") != "Connected") {
            next.add((offer.empty() ? "" : offer + ": ") + field(one, "next"));
        }
    }
    if (!table.rows.empty() && context.terminal().output)
        context.say(painted("Manage API Application Access", Style::bold, context.terminal().color));
    context.show(table,
                 "If you don't see the app you want to connect, ask the developer of the app to add your tenant ID "
                 "through the developer portal: jeton app tenant add APP TENANT@ENV");
    next.write(context);
    return exit_code::done;
}

// --- review, allow, decline, record -------------------------------------------------------------------------------

Result<Document> get_review(Context& context, const std::string& connection) {
    const auto path = connection_path(connection, "/review");
    if (!path) return std::unexpected{path.error()};
    return context.ask(Call::get(*path));
}

int review(Context& context, const std::string& connection) {
    const auto answer = get_review(context, connection);
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.write(review_text(answer->tree, context.terminal()));
    return exit_code::done;
}

/// POST to the connection's `act`.
Result<Document> post(Context& context, const std::string& connection, std::string_view act, json::object body) {
    const auto path = connection_path(connection, act);
    if (!path) return std::unexpected{path.error()};
    return context.ask(Call::change(*path, std::move(body)));
}

struct DecideArgs {
    std::string connection;
    OnBehalf on_behalf;
    std::optional<std::int64_t> version;
};

int decline(Context& context, const DecideArgs& args) {
    json::object body;
    args.on_behalf.add_to(body);
    return context.report(post(context, args.connection, "/decline", std::move(body)));
}

Result<Document> allow_version(Context& context, const DecideArgs& args, std::int64_t version) {
    json::object body;
    body["version"] = version;
    args.on_behalf.add_to(body);
    return post(context, args.connection, "/allow", std::move(body));
}

/// What came of it; where the tenant configures, the first client secret, once.
int show_allowed(Context& context, const Result<Document>& answer) {
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto secret = raw_field(answer->tree, "client_secret");
    const auto id = field(answer->tree, "client_id");
    const auto client_id = id.empty() ? std::string{} : fmt::format("{:<15} {}", "Client ID", id);
    if (secret.empty() || context.terminal().output) {
        context.say(field(answer->tree, "message"));
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

enum class Decision { allow, decline, none };

Decision ask_decision(std::string_view version) {
    const auto answer = protocol::lower_case(ask_line(
        fmt::format("\nAllow or Decline version {}? [allow/decline; anything else changes nothing] ", version)));
    if (answer == "allow") return Decision::allow;
    return answer == "decline" ? Decision::decline : Decision::none;
}

/// On a terminal: the review, the question, the answer. What is allowed is the version that was shown: where the app
/// published another one meanwhile, the difference is shown and the question asked again.
int walk_through(Context& context, const DecideArgs& args) {
    const auto where = context.terminal().where_it_asks();
    auto shown = get_review(context, args.connection);
    if (!shown) return context.fail(shown.error());
    for (;;) {
        const auto& offered = member(shown->tree, "offered_version");
        if (!offered.is_int64())
            return context.fail(
                {exit_code::unreachable, "bad_answer", "the review names no version", "jeton --version", {}});
        context.write_for_question(review_text(shown->tree, where));
        const auto decision =
            context.options().yes ? Decision::allow : ask_decision(std::to_string(offered.get_int64()));
        if (decision == Decision::decline) return decline(context, args);
        if (decision == Decision::none) {
            return context.fail(refuse("confirmation_required", "neither allowed nor declined; nothing was changed",
                                       fmt::format("jeton access allow {}", args.connection))
                                    .error());
        }
        const auto answer = allow_version(context, args, offered.get_int64());
        if (answer || answer.error().code != "wrong_state") return show_allowed(context, answer);
        auto again = get_review(context, args.connection);
        if (!again || member(again->tree, "offered_version") == offered) return show_allowed(context, answer);
        context.write_for_question("\n" + moved_on_text(shown->tree, again->tree, where) + "\n");
        shown = std::move(again);
    }
}

int allow(Context& context, const DecideArgs& args) {
    if (args.version) return show_allowed(context, allow_version(context, args, *args.version));
    if (context.terminal().interactive() && !context.options().json) return walk_through(context, args);
    return context.fail(refuse_usage("without a terminal, --version must name the version that was reviewed",
                                     fmt::format("jeton access review {}, then jeton access allow {} --version N",
                                                 args.connection, args.connection))
                            .error());
}

struct RecordArgs {
    std::string connection, source, note;
    std::optional<std::int64_t> version;
};

int record(Context& context, const RecordArgs& args) {
    if (!args.version || args.source.empty()) {
        return context.fail(refuse_usage("say which version was allowed, and where: --version N --source portal",
                                         "jeton access record --help")
                                .error());
    }
    json::object body;
    body["version"] = *args.version;
    add_text(body, "source", args.source);
    add_text(body, "note", args.note);
    return show_allowed(context, post(context, args.connection, "/record", std::move(body)));
}

// --- disable, enable ----------------------------------------------------------------------------------------------

struct StateArgs {
    std::string connection, app, tenant, environment;
    OnBehalf on_behalf;
    bool dry_run = false;

    [[nodiscard]] bool selects() const { return !app.empty() || !tenant.empty() || !environment.empty(); }
};

/// Disabling or enabling: what both are in words and paths.
struct Act {
    std::string_view verb;       ///< "disable", also the last segment of the path
    std::string_view what_ends;  ///< empty: nothing that must be confirmed
};

constexpr Act disabling{"disable", "pauses the access: the app gets no new token until it is enabled again"};
constexpr Act enabling{"enable", {}};

std::optional<Failure> problem_of(const StateArgs& args, const Act& act) {
    const auto forms =
        fmt::format("jeton access {} APP/TENANT@ENVIRONMENT, or --app A --tenant T --environment E", act.verb);
    if (args.connection.empty() && !args.selects())
        return refuse_usage("say which: one connection, or a selection", forms).error();
    if (!args.connection.empty() && args.selects())
        return refuse_usage("one connection or a selection, not both", forms).error();
    if (!args.connection.empty() && args.dry_run) return refuse_usage("--dry-run is for selections", forms).error();
    return std::nullopt;
}

Result<Document> post_selection(Context& context, const StateArgs& args, const Act& act, bool dry_run) {
    json::object body;
    add_text(body, "app", args.app);
    add_text(body, "tenant", args.tenant);
    add_text(body, "environment", args.environment);
    args.on_behalf.add_to(body);
    if (dry_run) body["dry_run"] = true;
    auto call = Call::change(fmt::format("/v1/access/{}", act.verb), std::move(body));
    call.changes = !dry_run;
    return context.ask(call);
}

Table selection_table(const json::value& selection) {
    Table table{{"CONNECTION", "STATE", "RESULT", "WHY"}, {}};
    for (const auto& one : elements(selection)) {
        table.rows.push_back({field(one, "connection"), field(one, "state"), field(one, "result"), field(one, "why")});
    }
    return table;
}

/// Of the tokens of all that were disabled; empty where none was.
std::string last_end(const json::value& selection) {
    std::string last;
    for (const auto& one : elements(selection)) last = std::max(last, field(one, "still_accepted_until"));
    return last;
}

bool any_refused(const json::value& selection) {
    return std::ranges::any_of(elements(selection),
                               [](const json::value& one) { return raw_field(one, "result") == "refused"; });
}

/// Nothing, if it was confirmed; a person sees first what would be done.
std::optional<Failure> confirm_selection(Context& context, const StateArgs& args, const Act& act) {
    if (act.what_ends.empty()) return std::nullopt;
    std::string details;
    if (context.will_ask()) {
        const auto would = post_selection(context, args, act, true);
        if (!would) return would.error();
        details = selection_table(would->tree).text(context.terminal().width, context.terminal().error_color);
    }
    return context.confirm(fmt::format("For all of the selection, this {}.", act.what_ends), details);
}

int change_selection(Context& context, const StateArgs& args, const Act& act) {
    if (!args.dry_run) {
        if (const auto refused = confirm_selection(context, args, act)) return context.fail(*refused);
    }
    const auto answer = post_selection(context, args, act, args.dry_run);
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) {
        context.show(selection_table(answer->tree), {});
        if (const auto end = last_end(answer->tree); !end.empty())
            context.say(fmt::format("Tokens already handed out end by {}.", end));
    }
    return !args.dry_run && any_refused(answer->tree) ? exit_code::refused : exit_code::done;
}

int change_state(Context& context, const StateArgs& args, const Act& act) {
    if (const auto problem = problem_of(args, act)) return context.fail(*problem);
    if (args.selects()) return change_selection(context, args, act);
    if (!act.what_ends.empty()) {
        const auto refused = context.confirm(fmt::format("Disabling {} {}.", args.connection, act.what_ends));
        if (refused) return context.fail(*refused);
    }
    json::object body;
    args.on_behalf.add_to(body);
    return context.report(post(context, args.connection, fmt::format("/{}", act.verb), std::move(body)));
}

void add_state_verb(CommandLine& line, const Act& act, const std::string& about, const std::string& example) {
    const auto args = std::make_shared<StateArgs>();
    auto verb = line.verb(fmt::format("access {}", act.verb), about, example)
                    .may_have("CONNECTION", args->connection, "APP/TENANT@ENVIRONMENT; or a selection:")
                    .option("--app", args->app, "A", "All of this app")
                    .option("--tenant", args->tenant, "T", "All of this tenant: TENANT, or TENANT@ENVIRONMENT")
                    .option("--environment", args->environment, "E", "All in this environment")
                    .flag("--dry-run", args->dry_run, "Only list what would be done");
    takes_on_behalf(verb, args->on_behalf).runs([args, act](Context& context) {
        return change_state(context, *args, act);
    });
}

}  // namespace

void add_access_verbs(CommandLine& line) {
    constexpr auto connection = "APP/TENANT@ENVIRONMENT";
    line.noun("access", "Manage API Application Access: what tenants allow to apps");
    const auto listed = std::make_shared<ListArgs>();
    line.verb("access list", "List the apps that have access, disabled ones too",
              "jeton access list 1234567@integration --pending")
        .may_have("TENANT", listed->tenant, "TENANT@ENVIRONMENT")
        .flag("--pending", listed->pending, "Instead: apps that can be connected, and new versions to decide on")
        .runs([listed](Context& context) { return list(context, *listed); });
    const auto reviewed = std::make_shared<std::string>();
    line.verb("access review", "Show what the app asks for, and what is new",
              "jeton access review dispatcher/1234567@integration")
        .needs("CONNECTION", *reviewed, connection)
        .runs([reviewed](Context& context) { return review(context, *reviewed); });
    const auto allowed = std::make_shared<DecideArgs>();
    auto allows =
        line.verb("access allow", "Allow a version; on a terminal without --version it shows the review and asks",
                  "jeton access allow dispatcher/1234567@integration --version 1")
            .needs("CONNECTION", allowed->connection, connection)
            .number("--version", allowed->version, "The version that was reviewed");
    takes_on_behalf(allows, allowed->on_behalf).runs([allowed](Context& context) { return allow(context, *allowed); });
    const auto declined = std::make_shared<DecideArgs>();
    auto declines = line.verb("access decline", "Decline the offered version",
                              "jeton access decline dispatcher/1234567@integration")
                        .needs("CONNECTION", declined->connection, connection);
    takes_on_behalf(declines, declined->on_behalf).runs([declined](Context& context) {
        return decline(context, *declined);
    });
    const auto recorded = std::make_shared<RecordArgs>();
    line.verb("access record", "Write down a consent that was given elsewhere, in upstream environments",
              "jeton access record dispatcher/1234567@production --version 1 --source portal --note \"ticket 42\"")
        .needs("CONNECTION", recorded->connection, connection)
        .number("--version", recorded->version, "The version that was allowed")
        .choice("--source", recorded->source, {"portal"}, "Where it was allowed")
        .needs_option("--note", recorded->note, "N", "How you know")
        .runs([recorded](Context& context) { return record(context, *recorded); });
    add_state_verb(line, disabling, "! Pause the access", "jeton access disable dispatcher/1234567@integration --yes");
    add_state_verb(line, enabling, "Restore the access", "jeton access enable dispatcher/1234567@integration");
}

}  // namespace jeton::cli
