/// Why a program gets a connection's tokens, or does not: explain.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/identity.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct ExplainArgs {
    std::string connection;
    std::optional<std::int64_t> pid;
    Identity identity;
};

std::string process_text(const json::value& seen) {
    auto text = field(seen, "pid");
    if (const auto command = field(seen, "command"); !command.empty()) text += (text.empty() ? "" : " ") + command;
    if (field(seen, "foreign") == "yes") text += " (in a foreign PID namespace)";
    return text;
}

std::string user_text(const json::value& seen) {
    const auto user = field(seen, "user");
    const auto uid = field(seen, "uid");
    if (user.empty()) return uid.empty() ? uid : "uid " + uid;
    return uid.empty() ? user : fmt::format("{} (uid {})", user, uid);
}

std::string explanation_text(const json::value& answer, const Terminal& terminal) {
    const auto& seen = member(answer, "seen");
    auto text = pairs_text({{"connection", field(answer, "connection")},
                            {"state", field(answer, "state")},
                            {"user", user_text(seen)},
                            {"groups", joined(seen, "groups", ", ")},
                            {"unit", unit_text(seen)},
                            {"process", process_text(seen)}});
    Table table{{"BINDING", "CONNECTION", "IDENTITY", "HOLDS", "LACKS"}, {}};
    for (const auto& one : elements(member(answer, "bindings"))) {
        table.rows.push_back({short_id(one), field(one, "connection"), field(one, "identity"), field(one, "holds"),
                              joined(one, "lacks", "; ")});
    }
    if (!table.rows.empty()) text += "\n" + table.text(terminal.width, terminal.color);
    text += "\n" + painted(wrapped(field(answer, "verdict"), terminal.width), Style::bold, terminal.color) + "\n";
    if (const auto next = field(answer, "next"); !next.empty()) text += "  next: " + next + "\n";
    return text;
}

int explain(Context& context, const ExplainArgs& args) {
    const auto path = connection_path(args.connection, "/explain");
    if (!path) return context.fail(path.error());
    if (args.pid && !args.identity.empty()) {
        return context.fail(refuse_usage("a process has its own user, group and unit: --pid stands alone",
                                         fmt::format("jeton explain {} --pid N", args.connection))
                                .error());
    }
    json::object body;
    if (args.pid) body["pid"] = *args.pid;
    add_identity(body, args.identity);
    auto call = Call::change(*path, std::move(body));
    call.changes = false;
    const auto answer = context.ask(call);
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.write(explanation_text(answer->tree, context.terminal()));
    return exit_code::done;
}

}  // namespace

void add_explain_verb(CommandLine& line) {
    const auto args = std::make_shared<ExplainArgs>();
    auto explains = line.verb("explain",
                              "Say whether a program gets tokens of a connection, by which binding, and what lacks.\n"
                              "Without --pid, --user, --group or --unit it is about you.",
                              "jeton explain dispatcher/1234567@integration --pid 4711")
                        .needs("CONNECTION", args->connection, "APP/TENANT@ENVIRONMENT")
                        .number("--pid", args->pid, "A running process");
    takes_identity(explains, args->identity).runs([args](Context& context) { return explain(context, *args); });
}

}  // namespace jeton::cli
