/// Who gets tokens without a secret, and who may introspect: binding add|list|remove.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/identity.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct AddArgs {
    std::string connection;  ///< APP/TENANT@ENVIRONMENT or APP/*@ENVIRONMENT
    std::string introspect;  ///< an environment
    std::string app;         ///< introspect its tokens alone
    std::string resource;    ///< introspect tokens for it alone
    Identity identity;
    bool is_default = false;
    bool allow_container = false;
    std::optional<std::int64_t> expires_in;
};

/// "production of app dispatcher for https://…".
std::string introspected(const json::value& binding) {
    auto text = field(binding, "environment");
    if (const auto app = field(binding, "app"); !app.empty()) text += " of app " + app;
    if (const auto resource = field(binding, "resource"); !resource.empty()) text += " for " + resource;
    return text;
}

/// What a binding is good for.
std::string purpose_text(const json::value& binding) {
    const auto kind = raw_field(binding, "kind");
    if (kind == "introspection") return "may introspect tokens of " + introspected(binding);
    const auto* which = kind == "pattern" ? "gets tokens of every connection " : "gets tokens of ";
    return which + field(binding, "connection");
}

std::optional<Failure> problem_of(const AddArgs& args) {
    constexpr auto* forms = "jeton binding add APP/TENANT@ENVIRONMENT --user U, or --introspect ENVIRONMENT --user U";
    if (args.connection.empty() && args.introspect.empty())
        return refuse_usage("say what it is good for: a connection, or --introspect", forms).error();
    if (!args.connection.empty() && !args.introspect.empty())
        return refuse_usage("a binding is either for a connection or for --introspect", forms).error();
    if (args.introspect.empty() && (!args.app.empty() || !args.resource.empty()))
        return refuse_usage("--app and --resource limit what --introspect shows", forms).error();
    if (!args.connection.empty()) {
        if (const auto path = connection_path(args.connection); !path) return path.error();
    }
    if (args.identity.empty())
        return refuse_usage("say whom: --user, --group or --unit; of several all must hold", forms).error();
    return std::nullopt;
}

int add(Context& context, const AddArgs& args) {
    if (const auto problem = problem_of(args)) return context.fail(*problem);
    json::object body;
    add_text(body, "connection", args.connection);
    add_text(body, "introspect", args.introspect);
    add_text(body, "app", args.app);
    add_text(body, "resource", args.resource);
    add_identity(body, args.identity);
    if (args.is_default) body["default"] = true;
    if (args.allow_container) body["allow_container"] = true;
    if (args.expires_in) body["expires_in"] = *args.expires_in;
    const auto answer = context.ask(Call::change("/v1/bindings", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto until = field(answer->tree, "expires_at");
    context.say(fmt::format("{} {}{} (binding {})", identity_text(answer->tree), purpose_text(answer->tree),
                            until.empty() ? "" : " until " + until, short_id(answer->tree)));
    context.warn(answer->tree);
    return exit_code::done;
}

struct ListArgs {
    std::string connection;
    Identity identity;
};

std::string connection_cell(const json::value& binding) {
    if (raw_field(binding, "kind") == "introspection") return "introspect " + introspected(binding);
    return field(binding, "connection");
}

/// What is special about a binding, in words.
std::string notes_cell(const json::value& binding) {
    std::string notes = field(binding, "default") == "yes" ? "default" : "";
    if (field(binding, "allow_container") == "yes") notes += notes.empty() ? "containers" : ", containers";
    return notes;
}

int list(Context& context, const ListArgs& args) {
    const auto answer = context.ask_all(Call::get("/v1/bindings", {{"connection", args.connection},
                                                                   {"user", args.identity.user},
                                                                   {"group", args.identity.group},
                                                                   {"unit", args.identity.unit}}));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"ID", "CONNECTION", "IDENTITY", "NOTES", "EXPIRES"}, {}};
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back(
            {short_id(one), connection_cell(one), identity_text(one), notes_cell(one), field(one, "expires_at")});
    }
    context.show(table, "no such binding; jeton binding add --help");
    return exit_code::done;
}

int remove(Context& context, const std::string& id) {
    return context.report(context.ask(Call::remove("/v1/bindings/" + percent_encoded(id))));
}

}  // namespace

void add_binding_verbs(CommandLine& line) {
    line.noun("binding", "Local identities that get tokens without a secret, or introspect tokens");
    const auto args = std::make_shared<AddArgs>();
    auto adds = line.verb("binding add",
                          "Let a user, group or systemd unit fetch tokens of a connection; of several, all must hold.\n"
                          "A unit guards against mistakes, not against another process of the same user.",
                          "jeton binding add dispatcher/1234567@integration --user worker --default")
                    .may_have("CONNECTION", args->connection, "APP/TENANT@ENVIRONMENT, or 'APP/*@ENVIRONMENT'")
                    .option("--introspect", args->introspect, "ENVIRONMENT",
                            "Instead: let it introspect tokens of this environment")
                    .option("--app", args->app, "APP", "Introspect: only tokens of this app")
                    .option("--resource", args->resource, "URI", "Introspect: only tokens for this resource");
    takes_identity(adds, args->identity)
        .flag("--default", args->is_default, "Take this connection when the program names none")
        .flag("--allow-container", args->allow_container, "Also for processes in a foreign PID namespace")
        .duration("--expires", args->expires_in, "How long it holds, such as 30d", {.least = 60})
        .runs([args](Context& context) { return add(context, *args); });
    const auto listed = std::make_shared<ListArgs>();
    auto lists = line.verb("binding list", "List the bindings", "jeton binding list --user worker")
                     .may_have("CONNECTION", listed->connection, "Only of this connection");
    takes_identity(lists, listed->identity).runs([listed](Context& context) { return list(context, *listed); });
    const auto removed = std::make_shared<std::string>();
    line.verb("binding remove", "Take a binding back; the next request is refused", "jeton binding remove 3f2a9c01")
        .needs("ID", *removed, "As listed")
        .runs([removed](Context& context) { return remove(context, *removed); });
}

}  // namespace jeton::cli
