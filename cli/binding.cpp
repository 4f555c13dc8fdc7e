/// Who gets tokens without a secret: binding add|list.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct AddArgs {
    std::string connection, user;
    bool is_default = false;
    bool allow_container = false;
};

int add(Context& context, const AddArgs& args) {
    if (const auto path = connection_path(args.connection); !path) return context.fail(path.error());
    json::object body;
    add_text(body, "connection", args.connection);
    add_text(body, "user", args.user);
    if (args.is_default) body["default"] = true;
    if (args.allow_container) body["allow_container"] = true;
    const auto answer = context.ask(Call::change("/v1/bindings", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) {
        context.say(
            fmt::format("user {} gets tokens of {}", field(answer->tree, "user"), field(answer->tree, "connection")));
    }
    return exit_code::done;
}

int list(Context& context) {
    const auto answer = context.ask(Call::get("/v1/bindings"));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"ID", "CONNECTION", "USER", "UID", "DEFAULT"}, {}};
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back({field(one, "id"), field(one, "connection"), field(one, "user"), field(one, "user_id"),
                              field(one, "default")});
    }
    if (table.rows.empty())
        context.remark("no binding yet; jeton binding add --help");
    else
        context.write(table.text(context.terminal().width, context.terminal().color));
    return exit_code::done;
}

}  // namespace

void add_binding_verbs(CommandLine& line) {
    line.noun("binding", "Local identities that get tokens without a secret");
    const auto args = std::make_shared<AddArgs>();
    line.verb("binding add", "Let a local user fetch tokens of a connection",
              "jeton binding add dispatcher/1234567@integration --user worker --default")
        .needs("CONNECTION", args->connection, "APP/TENANT@ENVIRONMENT")
        .needs_option("--user", args->user, "U", "The user's name or number")
        .flag("--default", args->is_default, "Take this connection when the user names none")
        .flag("--allow-container", args->allow_container, "Also for processes of that user in a foreign PID namespace")
        .runs([args](Context& context) { return add(context, *args); });
    line.verb("binding list", "List the bindings", "jeton binding list").runs(list);
}

}  // namespace jeton::cli
