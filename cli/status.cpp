/// The state of the daemon: status.
#include <chrono>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/status_text.hpp"
#include "cli/verbs.hpp"
#include "cli/watch.hpp"

namespace jeton::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 250ms;
/// systemd gives a socket to its group a moment after it is made, and a daemon of one's own may begin beside one of the
/// system's that is not for everybody.
constexpr int barred_max = 10s / look_every;

struct StatusArgs {
    bool watch = false;
    std::string wait;
    std::optional<std::int64_t> timeout = 60;
};

int show_status(Context& context, const Document& status) {
    if (context.wrote_json(status)) return exit_code::done;
    const auto at = context.endpoint(client::Socket::control, false);
    context.write(
        status_text(status.tree, at ? described(*at, client::Socket::control) : std::string{}, context.terminal()));
    return exit_code::done;
}

/// Asks until the daemon is in the state waited for. A daemon that is not there yet may come; who may not use its
/// socket, or cannot trust it, would wait for nothing.
int wait_for_state(Context& context, const StatusArgs& args, std::chrono::seconds time_limit) {
    const auto deadline = std::chrono::steady_clock::now() + time_limit;
    for (int barred = 0;;) {
        auto call = Call::get("/v1/status");
        call.time_limit = 5s;
        const auto answer = context.ask(call);
        const bool fits = answer && raw_field(answer->tree, "state") == args.wait;
        barred = !answer && answer.error().lasts ? barred + 1 : 0;
        const bool comes = !answer && barred < barred_max &&
                           (answer.error().exit_code == exit_code::unreachable ||
                            answer.error().code == "temporarily_unavailable");  // its vault is not there yet
        if (!answer && !comes) {
            return context.fail(answer.error());
        }
        if (fits) return show_status(context, *answer);
        if (std::chrono::steady_clock::now() >= deadline) {
            if (!answer) return context.fail(answer.error());
            const auto reason = field(answer->tree, "reason");
            return context.fail({exit_code::sealed,
                                 "sealed",
                                 fmt::format("still {} after {} s{}{}", field(answer->tree, "state"),
                                             time_limit.count(), reason.empty() ? "" : ": ", reason),
                                 args.wait == "sealed"                             ? "jeton seal"
                                 : field(answer->tree, "state") == "uninitialised" ? "jeton init"
                                                                                   : "jeton unseal",
                                 {}});
        }
        std::this_thread::sleep_for(look_every);
    }
}

int status(Context& context, const StatusArgs& args) {
    if (args.watch) return watch_status(context);
    if (!args.wait.empty()) return wait_for_state(context, args, std::chrono::seconds{*args.timeout});
    const auto answer = context.ask(Call::get("/v1/status"));
    if (!answer) return context.fail(answer.error());
    return show_status(context, *answer);
}

}  // namespace

void add_status_verb(CommandLine& line) {
    const auto args = std::make_shared<StatusArgs>();
    line.verb("status", "Show the daemon's state and its environments", "jeton status --wait unsealed --timeout 30s")
        .flag("--watch", args->watch,
              "Go on showing it, until Ctrl-C; where stdout is no terminal, a line for each change")
        .choice("--wait", args->wait, {"unsealed", "sealed"}, "Wait until the daemon is in this state")
        .either("--watch", "--wait")
        .duration("--timeout", args->timeout, "How long to wait (default 60s); then exit 4, or 3 if it never answered")
        .runs([args](Context& context) { return status(context, *args); });
}

}  // namespace jeton::cli
