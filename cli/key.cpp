/// Keys of the store, and ways to open it: key rotate, key slot add|list.
#include <memory>

#include "cli/context.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
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

struct RotateArgs {
    std::string environment;
    bool root = false;
};

int rotate(Context& context, const RotateArgs& args) {
    if (args.environment.empty() != args.root) {
        return context.fail(refuse_usage("say what gets a new key: one environment, or the whole store",
                                         "jeton key rotate ENVIRONMENT, or jeton key rotate --root")
                                .error());
    }
    const auto proof = read_secret(context.terminal(), "Passphrase or recovery key of this store (unseen): ");
    if (!proof) return context.fail(proof.error());
    json::object body(protocol::wiped_storage());
    add_text(body, "proof", proof->view());
    const auto path =
        args.root ? "/v1/root-key/rotate" : "/v1/environments/" + percent_encoded(args.environment) + "/key/rotate";
    return context.report(context.ask(Call::change(path, std::move(body))));
}

}  // namespace

void add_key_verbs(CommandLine& line) {
    line.noun("key", "Keys of the store");
    const auto rotated = std::make_shared<RotateArgs>();
    line.verb("key rotate",
              "Give an environment a new data key, or the store a new root key and all environments new data keys.\n"
              "A passphrase or a recovery key is asked for as proof, or read from stdin.",
              "jeton key rotate production < recovery-key")
        .may_have("ENVIRONMENT", rotated->environment, "Whose data key")
        .flag("--root", rotated->root, "The root key")
        .runs([rotated](Context& context) { return rotate(context, *rotated); });
    line.noun("key slot", "Ways to open the store");
    line.noun("key slot add", "Add a way to open the store");
    line.verb("key slot add recovery", "Add a recovery key; it is printed once", "jeton key slot add recovery")
        .runs(add_recovery);
    line.verb("key slot list", "List the ways to open the store", "jeton key slot list").runs(list);
}

}  // namespace jeton::cli
