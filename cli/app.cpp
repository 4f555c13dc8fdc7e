/// What developers register: app create|list|show|connections, app tenant add.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct CreateArgs {
    std::string app, organization, homepage, credentials;
    std::vector<std::string> scopes;
    bool app_key_stdin = false;
    bool if_not_exists = false;
};

std::string credentials_text(const json::value& app) {
    const auto mode = raw_field(app, "credentials");
    if (mode == "developer") return "I, the app developer, will configure the credentials on behalf of each tenant";
    if (mode == "tenant") return "Tenants will configure the credentials themselves";
    return field(app, "credentials");
}

std::string app_text(const json::value& app) {
    return pairs_text({{"app", field(app, "app")},
                       {"organization", field(app, "organization")},
                       {"homepage", field(app, "homepage")},
                       {"app key", field(app, "app_key")},
                       {"credentials", credentials_text(app)},
                       {"version", field(app, "version")},
                       {"scopes", joined(app, "scopes", " ")}});
}

int create(Context& context, const CreateArgs& args) {
    json::object body(protocol::wiped_storage());
    add_text(body, "app", args.app);
    add_text(body, "organization", args.organization);
    add_text(body, "homepage", args.homepage);
    add_text(body, "credentials", args.credentials);
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
    const auto answer = context.ask(Call::get("/v1/apps"));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"APP", "ORGANIZATION", "VERSION", "SCOPES"}, {}};
    for (const auto& app : elements(answer->tree)) {
        table.rows.push_back(
            {field(app, "app"), field(app, "organization"), field(app, "version"), joined(app, "scopes", " ")});
    }
    if (table.rows.empty())
        context.remark("It looks like you haven't created any apps yet; jeton app create --help");
    else
        context.write(table.text(context.terminal().width, context.terminal().color));
    return exit_code::done;
}

int show(Context& context, const std::string& app) {
    const auto answer = context.ask(Call::get("/v1/apps/" + percent_encoded(app)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.write(app_text(answer->tree));
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
    const auto answer =
        context.ask(Call::change("/v1/apps/" + percent_encoded(args.app) + "/tenants", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) {
        context.say(fmt::format("{} is {}", field(answer->tree, "connection"), field(answer->tree, "state")));
    }
    return exit_code::done;
}

/// The cells of the portal's page: the status where there is no pair yet, else the prefixes.
std::string secrets_cell(const json::value& connection) {
    std::string prefixes;
    for (const auto& secret : elements(member(connection, "secrets"))) {
        if (raw_field(secret, "state") == "deactivated") continue;
        prefixes += (prefixes.empty() ? "" : " ") + field(secret, "prefix") + "...";
    }
    if (!prefixes.empty()) return prefixes;
    return field(connection, raw_field(connection, "client_id").empty() ? "status" : "secret_status");
}

std::string version_cell(const json::value& connection) {
    auto version = field(connection, "version");
    if (version.empty()) version = field(connection, "current_version");
    if (field(connection, "new_version_available") == "yes") version += " (New Version Available)";
    return version;
}

int connections(Context& context, const std::string& app) {
    const auto answer = context.ask(Call::get("/v1/apps/" + percent_encoded(app) + "/connections"));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"TENANT", "STATUS", "CLIENT ID", "CLIENT SECRET", "VERSION", "ALLOWED"}, {}};
    std::vector<std::string> hints;
    for (const auto& one : elements(answer->tree)) {
        const auto client_id = field(one, "client_id");
        const auto status = field(one, "status").empty() ? field(one, "state") : field(one, "status");
        table.rows.push_back({fmt::format("{}@{}", field(one, "tenant"), field(one, "environment")), status,
                              client_id.empty() ? status : client_id, secrets_cell(one), version_cell(one),
                              field(one, "allowed")});
        const auto hint = field(one, "hint");
        if (!hint.empty() && std::ranges::find(hints, hint) == hints.end()) hints.push_back(hint);
    }
    if (table.rows.empty()) {
        context.remark(
            fmt::format("no tenant is listed yet; add one: jeton app tenant add {} TENANT@ENVIRONMENT", app));
        return exit_code::done;
    }
    context.write(table.text(context.terminal().width, context.terminal().color));
    for (const auto& hint : hints) context.write(hint + "\n");
    return exit_code::done;
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
        .flag("--app-key-stdin", args->app_key_stdin, "Read the app key from stdin instead of making one")
        .flag("--if-not-exists", args->if_not_exists, "Succeed if it exists with the same fields")
        .runs([args](Context& context) { return create(context, *args); });
    line.verb("app list", "My Apps", "jeton app list").runs(list);
    const auto shown = std::make_shared<std::string>();
    line.verb("app show", "Show one app", "jeton app show dispatcher")
        .needs("APP", *shown, "Its name")
        .runs([shown](Context& context) { return show(context, *shown); });
    const auto viewed = std::make_shared<std::string>();
    line.verb("app connections", "View Connections: the app's tenants, pairs and versions",
              "jeton app connections dispatcher")
        .needs("APP", *viewed, "Its name")
        .runs([viewed](Context& context) { return connections(context, *viewed); });
    line.noun("app tenant", "Tenants that an app offers itself to");
    const auto tenant = std::make_shared<TenantArgs>();
    line.verb("app tenant add", "Add a tenant ID to the app", "jeton app tenant add dispatcher 1234567@integration")
        .needs("APP", tenant->app, "The app's name")
        .needs("TENANT", tenant->tenant, "TENANT@ENVIRONMENT")
        .option("--note", tenant->note, "N", "A note for yourself")
        .flag("--if-not-exists", tenant->if_not_exists, "Succeed if it is listed with the same note")
        .runs([tenant](Context& context) { return add_tenant(context, *tenant); });
}

}  // namespace jeton::cli
