/// What developers register: app create|list|show|edit|delete|publish|versions|connections, app tenant add|remove.
#include <memory>

#include <fmt/format.h>

#include "cli/connection_cells.hpp"
#include "cli/context.hpp"
#include "cli/prompt.hpp"
#include "cli/scope_lines.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

std::string app_path(const std::string& app, std::string_view rest = {}) {
    return fmt::format("/v1/apps/{}{}", percent_encoded(app), rest);
}

std::string app_text(const json::value& app) {
    return pairs_text({{"app", field(app, "app")},
                       {"organization", field(app, "organization")},
                       {"homepage", field(app, "homepage")},
                       {"app key", field(app, "app_key")},
                       {"external data GUID", field(app, "external_data_guid")},
                       {"credentials", field(app, "credentials_statement")},
                       {"version", field(app, "version")},
                       {"scopes", joined(app, "scopes", " ")},
                       {"created", field(app, "created_at")}});
}

struct CreateArgs {
    std::string app, organization, homepage, credentials, external_data_guid;
    std::vector<std::string> scopes;
    bool app_key_stdin = false;
    bool if_not_exists = false;
};

int create(Context& context, const CreateArgs& args) {
    json::object body(protocol::wiped_storage());
    add_text(body, "app", args.app);
    add_text(body, "organization", args.organization);
    add_text(body, "homepage", args.homepage);
    add_text(body, "credentials", args.credentials);
    add_text(body, "external_data_guid", args.external_data_guid);
    add_texts(body, "scopes", args.scopes);
    if (args.app_key_stdin) {
        const auto key = read_secret(context.terminal(), "App key (unseen): ");
        if (!key) return context.fail(key.error());
        if (key->empty())
            return context.fail(
                refuse("bad_input", "no app key came on stdin", "jeton app create … --app-key-stdin < FILE").error());
        add_text(body, "app_key", key->view());
    }
    if (args.if_not_exists) body["if_not_exists"] = true;
    const auto answer = context.ask(Call::change("/v1/apps", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer) && !context.options().quiet) context.write(app_text(answer->tree));
    return exit_code::done;
}

int list(Context& context) {
    const auto answer = context.ask_all(Call::get("/v1/apps"));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"APP", "ORGANIZATION", "VERSION", "SCOPES"}, {}};
    for (const auto& app : elements(answer->tree)) {
        table.rows.push_back(
            {field(app, "app"), field(app, "organization"), field(app, "version"), joined(app, "scopes", " ")});
    }
    context.show(table, "It looks like you haven't created any apps yet; jeton app create --help");
    return exit_code::done;
}

int show(Context& context, const std::string& app) {
    const auto answer = context.ask(Call::get(app_path(app)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.write(app_text(answer->tree));
    return exit_code::done;
}

struct EditArgs {
    std::string app, organization, homepage, credentials;
};

int edit(Context& context, const EditArgs& args) {
    json::object body;
    add_text(body, "organization", args.organization);
    add_text(body, "homepage", args.homepage);
    add_text(body, "credentials", args.credentials);
    if (body.empty()) {
        return context.fail(refuse_usage("say what becomes different: --organization, --homepage or --credentials",
                                         "jeton app edit --help; scopes change with jeton app publish")
                                .error());
    }
    return context.report(context.ask(Call::edit(app_path(args.app), std::move(body))));
}

int remove(Context& context, const std::string& app) {
    auto question = fmt::format(
        "Deleting app {} is permanent and cannot be undone: its app key, its versions and all its connections die with "
        "it, their client IDs and client secrets included.",
        app);
    auto listing = Call::get(app_path(app, "/connections"));
    if (const auto refused = confirm_with_connections(context, std::move(question), std::move(listing)))
        return context.fail(*refused);
    return context.report(context.ask(Call::remove(app_path(app))));
}

struct PublishArgs {
    std::string app;
    std::vector<std::string> add, remove;
};

std::string difference_text(const json::value& version, const Terminal& terminal) {
    std::vector<ScopeLine> lines;
    add_scope_lines(lines, elements(member(version, "added")), Mark::added);
    add_scope_lines(lines, elements(member(version, "removed")), Mark::removed);
    return scope_lines_text(lines, terminal);
}

int publish(Context& context, const PublishArgs& args) {
    if (args.add.empty() && args.remove.empty()) {
        return context.fail(refuse_usage("a version differs from the one before: --add or --remove scopes",
                                         "jeton app publish APP --add SCOPE --remove SCOPE")
                                .error());
    }
    json::object body;
    add_texts(body, "add", args.add);
    add_texts(body, "remove", args.remove);
    const auto answer = context.ask(Call::change(app_path(args.app, "/versions"), std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer) || context.options().quiet) return exit_code::done;
    context.write(difference_text(answer->tree, context.terminal()));
    context.say(field(answer->tree, "message"));
    return exit_code::done;
}

/// One entry of the version history: when and by whom, how many are on it, what came and what went.
std::string version_text(const json::value& version, const Terminal& terminal) {
    const bool is_current = field(version, "current") == "yes";
    const auto title = fmt::format("Version {}{}", field(version, "version"), is_current ? " (Current)" : "");
    auto text = painted(title, Style::bold, terminal.color);
    text += fmt::format("  created on {} by {}, connections on it: {}\n", field(version, "created_at"),
                        field(version, "created_by"), field(version, "connections"));
    const auto difference = difference_text(version, terminal);
    return text + (difference.empty() ? "    " + joined(version, "scopes", "\n    ") + "\n" : difference);
}

int versions(Context& context, const std::string& app) {
    const auto answer = context.ask_all(Call::get(app_path(app, "/versions")));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    std::string text;
    for (const auto& version : elements(answer->tree)) {
        text += (text.empty() ? "" : "\n") + version_text(version, context.terminal());
    }
    context.write(text);
    return exit_code::done;
}

int connections(Context& context, const std::string& app) {
    const auto answer = context.ask_all(Call::get(app_path(app, "/connections")));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"TENANT", "STATUS", "CLIENT ID", "CLIENT SECRET", "API SCOPES VERSION", "ALLOWED"}, {}};
    Advice hints;
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back({fmt::format("{}@{}", field(one, "tenant"), field(one, "environment")),
                              field(one, "status"), field(one, "client_id_cell"), field(one, "client_secret_cell"),
                              version_cell(one), allowed_cell(one)});
        hints.add(field(one, "hint"));
    }
    context.show(table,
                 fmt::format("no tenant is listed yet; add one: jeton app tenant add {} TENANT@ENVIRONMENT", app));
    hints.write(context);
    return exit_code::done;
}

struct TenantArgs {
    std::string app, tenant, note;
    bool if_not_exists = false;
};

int add_tenant(Context& context, const TenantArgs& args) {
    json::object body;
    add_text(body, "tenant", args.tenant);
    add_text(body, "note", args.note);
    if (args.if_not_exists) body["if_not_exists"] = true;
    return context.report(context.ask(Call::change(app_path(args.app, "/tenants"), std::move(body))));
}

/// A tenant without an environment is one of integration (S36).
std::string with_environment(const std::string& tenant) {
    return tenant.contains('@') ? tenant : tenant + "@integration";
}

int remove_tenant(Context& context, const TenantArgs& args) {
    const auto tenant = with_environment(args.tenant);
    const auto question = fmt::format(
        "Removing tenant {0} from app {1} ends its access: no token of {1}/{0} is issued any more. A connection that "
        "the "
        "tenant allowed is disabled, its client ID and secrets are kept; one that it never allowed is erased, with its "
        "bindings.",
        tenant, args.app);
    if (const auto refused = context.confirm(question)) return context.fail(*refused);
    return context.report(context.ask(Call::remove(app_path(args.app, "/tenants/" + percent_encoded(tenant)))));
}

}  // namespace

void add_app_verbs(CommandLine& line) {
    line.noun("app", "Apps that developers register");
    const auto args = std::make_shared<CreateArgs>();
    line.verb("app create", "Register an app; its scopes become version 1",
              "jeton app create dispatcher --organization \"Example Software\" --homepage https://example.com \\\n"
              "      --credentials developer --scope tn.jpm.jobs:r tn.crm.customers:r")
        .needs("APP", args->app, "Its name")
        .needs_option("--organization", args->organization, "O", "Who makes it")
        .needs_option("--homepage", args->homepage, "URL", "Where it is described")
        .choice("--credentials", args->credentials, {"developer", "tenant"},
                "Who configures the credentials of each tenant")
        .list("--scope", args->scopes, "S", "What it asks for; several may follow")
        .option("--external-data-guid", args->external_data_guid, "GUID",
                "The External Data Application GUID; left out: one is made")
        .flag("--app-key-stdin", args->app_key_stdin, "Read the app key from stdin instead of making one")
        .flag("--if-not-exists", args->if_not_exists, "Succeed if it exists with the same fields")
        .runs([args](Context& context) { return create(context, *args); });
    line.verb("app list", "My Apps", "jeton app list").runs(list);
    const auto shown = std::make_shared<std::string>();
    line.verb("app show", "Show one app", "jeton app show dispatcher")
        .needs("APP", *shown, "Its name")
        .runs([shown](Context& context) { return show(context, *shown); });
    const auto edited = std::make_shared<EditArgs>();
    line.verb("app edit", "Change an app; no pair, token or version changes with it",
              "jeton app edit dispatcher --credentials developer")
        .needs("APP", edited->app, "Its name")
        .option("--organization", edited->organization, "O", "Who makes it")
        .option("--homepage", edited->homepage, "URL", "Where it is described")
        .choice("--credentials", edited->credentials, {"developer", "tenant"},
                "Who configures the credentials of each tenant")
        .runs([edited](Context& context) { return edit(context, *edited); });
    const auto deleted = std::make_shared<std::string>();
    line.verb("app delete", "! Delete an app with all its connections, for ever", "jeton app delete dispatcher --yes")
        .needs("APP", *deleted, "Its name")
        .runs([deleted](Context& context) { return remove(context, *deleted); });
    const auto published = std::make_shared<PublishArgs>();
    line.verb("app publish",
              "Publish the next version: scopes come or go.\n"
              "Each tenant keeps the version it accepted until it allows the new one.",
              "jeton app publish dispatcher --add tn.crm.leads:r --remove tn.jpm.jobs:w")
        .needs("APP", published->app, "Its name")
        .list("--add", published->add, "S", "Scopes that come; several may follow")
        .list("--remove", published->remove, "S", "Scopes that go; several may follow")
        .runs([published](Context& context) { return publish(context, *published); });
    const auto history = std::make_shared<std::string>();
    line.verb("app versions", "Version history: what came and went, when and by whom", "jeton app versions dispatcher")
        .needs("APP", *history, "Its name")
        .runs([history](Context& context) { return versions(context, *history); });
    const auto viewed = std::make_shared<std::string>();
    line.verb("app connections", "View Connections: the app's tenants, pairs and versions",
              "jeton app connections dispatcher")
        .needs("APP", *viewed, "Its name")
        .runs([viewed](Context& context) { return connections(context, *viewed); });
    line.noun("app tenant", "Tenants that an app offers itself to");
    const auto tenant = std::make_shared<TenantArgs>();
    line.verb("app tenant add", "Add a tenant ID to the app", "jeton app tenant add dispatcher 1234567")
        .needs("APP", tenant->app, "The app's name")
        .needs("TENANT", tenant->tenant, "TENANT@ENVIRONMENT; without an environment: integration")
        .option("--note", tenant->note, "N", "A note for yourself")
        .flag("--if-not-exists", tenant->if_not_exists, "Succeed if it is listed with the same note")
        .runs([tenant](Context& context) { return add_tenant(context, *tenant); });
    const auto removed = std::make_shared<TenantArgs>();
    line.verb("app tenant remove", "! Take a tenant ID off the app's list",
              "jeton app tenant remove dispatcher 1234567@integration --yes")
        .needs("APP", removed->app, "The app's name")
        .needs("TENANT", removed->tenant, "TENANT@ENVIRONMENT; without an environment: integration")
        .runs([removed](Context& context) { return remove_tenant(context, *removed); });
}

}  // namespace jeton::cli
