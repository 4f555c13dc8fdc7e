/// Keys of the store, and ways to open it: key rotate, key slot add|list|remove|test.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/prompt.hpp"
#include "cli/proof.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

void reveal_new_recovery_key(Context& context, const json::value& answer) {
    context.reveal(
        "Recovery key", raw_field(answer, "recovery_key"),
        "This recovery key is visible only once. Whoever has it and the database can read every secret: keep it "
        "offline, away from this host.");
}

struct AddArgs {
    std::string of;  ///< path of the key file, name of the credential
    std::string label;
};

int add(Context& context, std::string_view kind, const AddArgs& args) {
    json::object body(protocol::wiped_storage());
    add_text(body, "kind", kind);
    add_text(body, "label", args.label);
    add_text(body, kind == "systemd-credential" ? "name" : "path", args.of);
    SecretInput input{context.terminal()};
    if (const auto proven = add_proof(context, input, body); !proven) return context.fail(proven.error());
    if (kind == "passphrase") {
        const auto passphrase = input.next_new("New passphrase (unseen): ");
        if (!passphrase) return context.fail(passphrase.error());
        add_text(body, "passphrase", passphrase->view());
    }
    if (const auto ended = input.end(); !ended) return context.fail(ended.error());
    const auto answer = context.ask(Call::change("/v1/key-slots", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    if (raw_field(answer->tree, "recovery_key").empty()) {
        context.say(
            fmt::format("key slot {} was added: {}", field(answer->tree, "label"), field(answer->tree, "kind")));
    } else {
        reveal_new_recovery_key(context, answer->tree);
    }
    context.warn(answer->tree);
    return exit_code::done;
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
    json::object body(protocol::wiped_storage());
    SecretInput input{context.terminal()};
    if (const auto proven = add_proof(context, input, body); !proven) return context.fail(proven.error());
    if (const auto ended = input.end(); !ended) return context.fail(ended.error());
    const auto path =
        args.root ? "/v1/root-key/rotate" : "/v1/environments/" + percent_encoded(args.environment) + "/key/rotate";
    return context.report(context.ask(Call::change(path, std::move(body))));
}

int remove(Context& context, const std::string& slot) {
    const auto refused =
        context.confirm(fmt::format("Key slot {} will open this store no more; the store gets new keys.", slot));
    if (refused) return context.fail(*refused);
    json::object body(protocol::wiped_storage());
    SecretInput input{context.terminal()};
    if (const auto proven = add_proof(context, input, body); !proven) return context.fail(proven.error());
    if (const auto ended = input.end(); !ended) return context.fail(ended.error());
    return context.report(
        context.ask(Call::change(fmt::format("/v1/key-slots/{}/remove", percent_encoded(slot)), std::move(body))));
}

int test(Context& context) {
    const auto typed = read_secret(
        context.terminal(), "Passphrase or recovery key (unseen; empty: the configured key file and credential): ");
    if (!typed) return context.fail(typed.error());
    json::object body(protocol::wiped_storage());
    add_text(body, "secret", typed->view());
    auto call = Call::change("/v1/key-slots/test", std::move(body));
    call.changes = false;
    const auto answer = context.ask(call);
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"TRIED", "OPENS", "KIND", "WHY NOT"}, {}};
    for (const auto& trial : elements(answer->tree)) {
        const auto& slot = member(trial, "slot");
        table.rows.push_back({field(trial, "tried"), field(slot, "label"), field(slot, "kind"), field(trial, "why")});
    }
    context.write(table.text(context.terminal().width, context.terminal().color));
    return exit_code::done;
}

void add_adding_verbs(CommandLine& line) {
    line.noun("key slot add",
              "Add a way to open the store; a passphrase or a recovery key of it is asked for as proof");
    const auto verb = [&line](const std::string& kind, const std::string& about, const std::string& example,
                              const std::string& of, const std::string& of_help) {
        const auto args = std::make_shared<AddArgs>();
        auto added = line.verb("key slot add " + kind, about, example);
        if (!of.empty()) added.needs(of, args->of, of_help);
        added.option("--label", args->label, "NAME", "What this key slot is called")
            .runs([args, kind](Context& context) { return add(context, kind, *args); });
    };
    verb("passphrase", "Add a passphrase; it is asked for, or read from stdin behind the proof",
         "jeton key slot add passphrase", "", "");
    verb("key-file", "Add a key file, which is made where there is none",
         "jeton key slot add key-file /var/lib/jeton/root.key", "PATH", "Where the file is");
    verb("systemd-credential", "Add a credential that systemd hands to the daemon",
         "jeton key slot add systemd-credential jeton", "NAME", "As in LoadCredentialEncrypted= of its unit");
    verb("recovery", "Add a recovery key; it is printed once", "jeton key slot add recovery", "", "");
}

}  // namespace

int reveal_recovery_key(Context& context, const Call& call) {
    const auto answer = context.ask(call);
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    reveal_new_recovery_key(context, answer->tree);
    context.warn(answer->tree);
    return exit_code::done;
}

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
    add_adding_verbs(line);
    line.verb("key slot list", "List the ways to open the store", "jeton key slot list").runs(list);
    const auto removed = std::make_shared<std::string>();
    line.verb("key slot remove",
              "! Take a way to open the store away, and give the store new keys.\n"
              "A passphrase or a recovery key of it is asked for as proof.",
              "jeton key slot remove \"Bob's\" --yes < recovery-key")
        .needs("SLOT", *removed, "Its label or ID, as listed")
        .runs([removed](Context& context) { return remove(context, *removed); });
    line.verb("key slot test", "Say which key slot a passphrase or recovery key opens, or what is configured",
              "jeton key slot test < recovery-key")
        .runs(test);
}

}  // namespace jeton::cli
