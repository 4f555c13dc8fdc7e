/// The daemon as a whole: init, status, seal, unseal, whoami.
#include <chrono>
#include <ctime>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "cli/connection_cells.hpp"
#include "cli/context.hpp"
#include "cli/identity.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

using namespace std::chrono_literals;

struct InitArgs {
    std::vector<std::string> slot;
};

int init(Context& context, const InitArgs& args) {
    json::object body(protocol::wiped_storage());
    if (!args.slot.empty()) {
        const auto& kind = args.slot.front();
        add_text(body, "slot", kind);
        if (args.slot.size() > 1) add_text(body, kind == "systemd-credential" ? "name" : "path", args.slot[1]);
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

struct StatusArgs {
    std::string wait;
    std::optional<std::int64_t> timeout = 60;
};

std::string upstream_text(const json::value& environment) {
    const auto& upstream = member(environment, "upstream");
    auto text = field(upstream, "state");
    if (const auto until = field(upstream, "cooling_until"); !until.empty()) text += " until " + until;
    if (const auto error = field(upstream, "last_error"); !error.empty()) text += ": " + error;
    return text;
}

/// Empty where nothing moves.
std::string rotation_text(const json::value& environment) {
    const auto& rotation = member(environment, "key_rotation");
    if (!rotation.is_object()) return {};
    auto text = fmt::format("key rotation of {}: {} values move to data key {}", field(environment, "name"),
                            field(rotation, "values_left"), field(environment, "key_generation"));
    if (const auto problem = field(rotation, "problem"); !problem.empty()) text += "; stopped: " + problem;
    return text + "\n";
}

void show_status(Context& context, const Document& status) {
    const auto at = context.endpoint(client::Socket::control, false);
    context.write(pairs_text({{"daemon", at ? described(*at, client::Socket::control) : ""},
                              {"state", field(status.tree, "state")},
                              {"reason", field(status.tree, "reason")},
                              {"version", field(status.tree, "version")},
                              {"epoch", field(status.tree, "epoch")},
                              {"clock", field(member(status.tree, "clock"), "warning")}}));
    Table table{{"ENVIRONMENT", "KIND", "CONNECTIONS", "TOKENS CACHED", "UPSTREAM"}, {}};
    Advice advice;
    for (const auto& environment : elements(member(status.tree, "environments"))) {
        table.rows.push_back({field(environment, "name"), field(environment, "kind"), field(environment, "connections"),
                              field(environment, "tokens_cached"), upstream_text(environment)});
        const auto name = field(environment, "name");
        if (const auto count = field(environment, "need_import"); !count.empty() && count != "0") {
            advice.add(
                fmt::format("{}: {} {} imported anew, because the token endpoint was changed: jeton connection "
                            "list --environment {} --missing-secret",
                            name, count, count == "1" ? "pair must be" : "pairs must be", name));
        }
    }
    if (!table.rows.empty()) context.write("\n" + table.text(context.terminal().width, context.terminal().color));
    std::string rotations;
    for (const auto& environment : elements(member(status.tree, "environments")))
        rotations += rotation_text(environment);
    if (!rotations.empty()) context.write("\n" + rotations);
    advice.write(context);
}

/// Asks every quarter of a second until the daemon is in the state waited for; a daemon that is not there yet may come.
int wait_for_state(Context& context, const StatusArgs& args, std::chrono::seconds time_limit) {
    const auto deadline = std::chrono::steady_clock::now() + time_limit;
    for (;;) {
        auto call = Call::get("/v1/status");
        call.time_limit = 5s;
        const auto answer = context.ask(call);
        const bool fits = answer && raw_field(answer->tree, "state") == args.wait;
        if (!fits && !answer && answer.error().exit_code != exit_code::unreachable) {
            return context.fail(answer.error());
        }
        if (fits) {
            if (!context.wrote_json(*answer)) show_status(context, *answer);
            return exit_code::done;
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            if (!answer) return context.fail(answer.error());
            const auto reason = field(answer->tree, "reason");
            return context.fail({exit_code::sealed,
                                 "sealed",
                                 fmt::format("still {} after {} s{}{}", field(answer->tree, "state"),
                                             time_limit.count(), reason.empty() ? "" : ": ", reason),
                                 args.wait == "sealed" ? "jeton seal" : "jeton unseal",
                                 {}});
        }
        std::this_thread::sleep_for(250ms);
    }
}

int status(Context& context, const StatusArgs& args) {
    if (!args.wait.empty()) return wait_for_state(context, args, std::chrono::seconds{*args.timeout});
    const auto answer = context.ask(Call::get("/v1/status"));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    show_status(context, *answer);
    return exit_code::done;
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
        .values("--slot", init_args->slot, 1, 2, "KIND [PATH|NAME]",
                "What opens the store: passphrase, key-file PATH or systemd-credential NAME; "
                "the passphrase is asked for, or read from stdin")
        .runs([init_args](Context& context) { return init(context, *init_args); });

    const auto status_args = std::make_shared<StatusArgs>();
    line.verb("status", "Show the daemon's state and its environments", "jeton status --wait unsealed --timeout 30s")
        .choice("--wait", status_args->wait, {"unsealed", "sealed"}, "Wait until the daemon is in this state")
        .duration("--timeout", status_args->timeout,
                  "How long to wait (default 60s); then exit 4, or 3 if it never answered")
        .runs([status_args](Context& context) { return status(context, *status_args); });

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
