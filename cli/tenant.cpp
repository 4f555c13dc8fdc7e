/// Customer organisations: tenant create|list|show|edit.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct CreateArgs {
    std::string tenant, name;
    bool if_not_exists = false;
};

std::string tenant_of(const json::value& tenant) {
    return fmt::format("{}@{}", field(tenant, "tenant"), field(tenant, "environment"));
}

int create(Context& context, const CreateArgs& args) {
    json::object body;
    add_text(body, "tenant", args.tenant);
    add_text(body, "name", args.name);
    if (args.if_not_exists) body["if_not_exists"] = true;
    const auto answer = context.ask(Call::change("/v1/tenants", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.say(fmt::format("tenant {} is there", tenant_of(answer->tree)));
    return exit_code::done;
}

int list(Context& context, const std::string& environment) {
    const auto answer = context.ask_all(Call::get("/v1/tenants", {{"environment", environment}}));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"TENANT", "NAME"}, {}};
    for (const auto& one : elements(answer->tree)) table.rows.push_back({tenant_of(one), field(one, "name")});
    context.show(table, "no tenant yet; make one: jeton tenant create TENANT@ENVIRONMENT --name NAME");
    return exit_code::done;
}

int show(Context& context, const std::string& tenant) {
    const auto answer = context.ask(Call::get("/v1/tenants/" + percent_encoded(tenant)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) {
        context.write(pairs_text({{"tenant", tenant_of(answer->tree)}, {"name", field(answer->tree, "name")}}));
    }
    return exit_code::done;
}

struct EditArgs {
    std::string tenant, name;
};

int edit(Context& context, const EditArgs& args) {
    json::object body;
    add_text(body, "name", args.name);
    const auto answer = context.ask(Call::edit("/v1/tenants/" + percent_encoded(args.tenant), std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer))
        context.say(fmt::format("tenant {} is called {}", tenant_of(answer->tree), field(answer->tree, "name")));
    return exit_code::done;
}

}  // namespace

void add_tenant_verbs(CommandLine& line) {
    line.noun("tenant", "Customer organisations, each in one environment");
    const auto args = std::make_shared<CreateArgs>();
    line.verb("tenant create", "Add a tenant", "jeton tenant create 1234567@integration --name \"Example Plumbing\"")
        .needs("TENANT", args->tenant, "TENANT@ENVIRONMENT; without an environment: integration")
        .needs_option("--name", args->name, "N", "The organisation's name")
        .flag("--if-not-exists", args->if_not_exists, "Succeed if it exists with the same fields")
        .runs([args](Context& context) { return create(context, *args); });
    const auto environment = std::make_shared<std::string>();
    line.verb("tenant list", "List the tenants", "jeton tenant list --environment integration")
        .option("--environment", *environment, "E", "Only those of this environment")
        .runs([environment](Context& context) { return list(context, *environment); });
    const auto shown = std::make_shared<std::string>();
    line.verb("tenant show", "Show one tenant", "jeton tenant show 1234567@integration")
        .needs("TENANT", *shown, "TENANT@ENVIRONMENT")
        .runs([shown](Context& context) { return show(context, *shown); });
    const auto edited = std::make_shared<EditArgs>();
    line.verb("tenant edit", "Give a tenant another name",
              "jeton tenant edit 1234567@integration --name \"Example Heating\"")
        .needs("TENANT", edited->tenant, "TENANT@ENVIRONMENT")
        .needs_option("--name", edited->name, "N", "The organisation's name")
        .runs([edited](Context& context) { return edit(context, *edited); });
}

}  // namespace jeton::cli
