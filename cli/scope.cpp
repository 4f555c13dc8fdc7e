/// The catalogue of scopes that apps can ask for: scope list|add|import.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/input_file.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::cli {
namespace {

int list(Context& context, const std::string& group) {
    const auto answer = context.ask_all(Call::get("/v1/scopes", {{"group", group}}));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"GROUP", "SCOPE", "DISPLAY NAME", "SOURCE"}, {}};
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back(
            {field(one, "group"), field(one, "name"), field(one, "display_name"), field(one, "source")});
    }
    context.show(table, "no such scope; jeton scope add --help");
    if (!table.rows.empty()) context.remark("each is asked for with :r to read or :w to write, such as NAME:r");
    return exit_code::done;
}

struct AddArgs {
    std::string name, group, display_name;
};

int add(Context& context, const AddArgs& args) {
    json::object body;
    add_text(body, "name", args.name);
    add_text(body, "group", args.group);
    add_text(body, "display_name", args.display_name);
    const auto answer = context.ask(Call::change("/v1/scopes", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer))
        context.say(
            fmt::format("apps can ask for {}:r and {}:w", field(answer->tree, "name"), field(answer->tree, "name")));
    return exit_code::done;
}

int import(Context& context, const std::string& file) {
    constexpr auto* form = R"(write [{"name":"tn.crm.customers","group":"CRM","display_name":"Customers"}])";
    const auto text =
        read_input(file, protocol::body_limit, "split it: each part is imported as a whole or not at all");
    if (!text) return context.fail(text.error());
    auto scopes = protocol::parse_strict(*text);
    if (!scopes) return context.fail(refuse("bad_input", scopes.error().what, form).error());
    if (!scopes->is_array()) return context.fail(refuse("bad_input", "this is no JSON array of scopes", form).error());
    json::object body;
    body["scopes"] = std::move(*scopes);
    const auto answer = context.ask(Call::change("/v1/scopes/import", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) {
        context.say(fmt::format("{} added, {} were there already", field(answer->tree, "added"),
                                field(answer->tree, "unchanged")));
    }
    return exit_code::done;
}

}  // namespace

void add_scope_verbs(CommandLine& line) {
    line.noun("scope", "The catalogue of what apps can ask for");
    const auto group = std::make_shared<std::string>();
    line.verb("scope list", "List the catalogue, by group", "jeton scope list --group CRM")
        .option("--group", *group, "G", "Only of this group")
        .runs([group](Context& context) { return list(context, *group); });
    const auto added = std::make_shared<AddArgs>();
    line.verb("scope add", "Add a scope to the catalogue",
              "jeton scope add tn.crm.surveys --group CRM --display-name Surveys")
        .needs("NAME", added->name, "tn.MODULE.RESOURCE")
        .needs_option("--group", added->group, "G", "Where people find it")
        .needs_option("--display-name", added->display_name, "D", "What people read when they decide")
        .runs([added](Context& context) { return add(context, *added); });
    const auto file = std::make_shared<std::string>();
    line.verb("scope import", "Add many scopes, all or none of them",
              "echo '[{\"name\":\"tn.crm.surveys\",\"group\":\"CRM\",\"display_name\":\"Surveys\"}]' | "
              "jeton scope import -")
        .needs("FILE", *file, "A JSON array of {\"name\",\"group\",\"display_name\"}; - for stdin")
        .runs([file](Context& context) { return import(context, *file); });
}

}  // namespace jeton::cli
