/// Ways to open the store: key slot add|list.
#include "cli/context.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {

int reveal_recovery_key(Context& context, const Call& call) {
    const auto answer = context.ask(call);
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    context.reveal(
        "Recovery key", raw_field(answer->tree, "recovery_key"),
        "This recovery key is visible only once. Whoever has it and the database can read every secret: keep it "
        "offline, away from this host.");
    return exit_code::done;
}

namespace {

int add_recovery(Context& context) {
    json::object body;
    add_text(body, "kind", "recovery");
    return reveal_recovery_key(context, Call::change("/v1/key-slots", std::move(body)));
}

int list(Context& context) {
    const auto answer = context.ask(Call::get("/v1/key-slots"));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"ID", "KIND", "LABEL", "CREATED"}, {}};
    for (const auto& slot : elements(answer->tree)) {
        table.rows.push_back({field(slot, "id"), field(slot, "kind"), field(slot, "label"), field(slot, "created_at")});
    }
    context.write(table.text(context.terminal().width, context.terminal().color));
    return exit_code::done;
}

}  // namespace

void add_key_verbs(CommandLine& line) {
    line.noun("key", "Keys of the store");
    line.noun("key slot", "Ways to open the store");
    line.noun("key slot add", "Add a way to open the store");
    line.verb("key slot add recovery", "Add a recovery key; it is printed once", "jeton key slot add recovery")
        .runs(add_recovery);
    line.verb("key slot list", "List the ways to open the store", "jeton key slot list").runs(list);
}

}  // namespace jeton::cli
