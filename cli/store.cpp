/// The daemon as a whole: init, seal, unseal, whoami.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/identity.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct InitArgs {
    std::vector<std::string> slot;
};

int init(Context& context, const InitArgs& args) {
    auto slot = args.slot;
    if (slot.empty()) {
        // A daemon whose configuration names no key wants a passphrase, which is asked for here.
        const auto status = context.ask(Call::get("/v1/status"));
        if (!status) return context.fail(status.error());
        if (field(status->tree, "usual_slot") == "passphrase") slot.emplace_back("passphrase");
    }
    json::object body(protocol::wiped_storage());
    if (!slot.empty()) {
        const auto& kind = slot.front();
        add_text(body, "slot", kind);
        if (slot.size() > 1) add_text(body, kind == "systemd-credential" ? "name" : "path", slot[1]);
        if (kind == "passphrase") {
            SecretInput input{context.terminal()};
            const auto passphrase = input.next_new("New passphrase (unseen): ");
            if (!passphrase) return context.fail(passphrase.error());
            if (const auto ended = input.end(); !ended) return context.fail(ended.error());
            add_text(body, "passphrase", passphrase->view());
        }
    }
    return reveal_recovery_key(context, Call::change("/v1/init", std::move(body)));
}

int seal(Context& context) {
    if (const auto refused =
            context.confirm("Sealing forgets the root key: no program gets a token until somebody unseals.")) {
        return context.fail(*refused);
    }
    const auto answer = context.ask(Call::change("/v1/seal"));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.say(field(answer->tree, "state"));
    return exit_code::done;
}

struct UnsealArgs {
    bool accept_rollback = false;
};

int unseal(Context& context, const UnsealArgs& args) {
    const auto typed = read_secret(
        context.terminal(), "Passphrase or recovery key (unseen; empty: the configured key file or credential): ");
    if (!typed) return context.fail(typed.error());
    json::object body(protocol::wiped_storage());
    add_text(body, "secret", typed->view());
    if (args.accept_rollback) body["accept_rollback"] = true;
    const auto answer = context.ask(Call::change("/v1/unseal", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto* changed = member(answer->tree, "changed").if_bool();
    const bool was_open = changed != nullptr && !*changed;
    context.say(!was_open               ? field(answer->tree, "state")
                : typed->view().empty() ? "unsealed already"
                                        : "unsealed already; what was typed opens a key slot of this store");
    if (const auto lost = joined(answer->tree, "lost", "\n  "); !lost.empty()) context.write("lost:\n  " + lost + "\n");
    return exit_code::done;
}

int whoami(Context& context) {
    auto call = Call::get("/v1/whoami");
    call.socket = client::Socket::token;
    const auto answer = context.ask(call);
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto& me = answer->tree;
    context.write(pairs_text({{"user", field(me, "user")},
                              {"uid", field(me, "uid")},
                              {"groups", joined(me, "groups", ", ")},
                              {"unit", unit_text(me)},
                              {"process", field(me, "pid") + " " + field(me, "command")},
                              {"roles", joined(me, "roles", ", ")},
                              {"bindings", joined(me, "bindings", ", ")}}));
    return exit_code::done;
}

}  // namespace

void add_store_verbs(CommandLine& line) {
    const auto init_args = std::make_shared<InitArgs>();
    line.verb("init", "Make the store and its keys; prints a recovery key once", "jeton init")
        .values("--slot", init_args->slot, 1, 2, "passphrase|key-file|systemd-credential [PATH|NAME]",
                "What opens the store: passphrase (asked for, or read from stdin), key-file PATH or "
                "systemd-credential NAME. Without: what jetond.toml names, or a passphrase")
        .runs([init_args](Context& context) { return init(context, *init_args); });

    line.verb("seal", "! Forget the root key", "jeton seal --yes").runs(seal);

    const auto unseal_args = std::make_shared<UnsealArgs>();
    line.verb("unseal",
              "Open the store with a passphrase or a recovery key, asked for or on stdin.\n"
              "If none is given: with the configured credential or key file.",
              "jeton unseal < recovery-key")
        .flag("--accept-rollback", unseal_args->accept_rollback,
              "Go on with a store that is older than it was; lists the loss")
        .runs([unseal_args](Context& context) { return unseal(context, *unseal_args); });

    line.verb("whoami", "Show what the daemon knows of you", "jeton whoami").runs(whoami);
}

}  // namespace jeton::cli
