#include "cli/watch.hpp"

#include <ctime>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "cli/status_text.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"

namespace jeton::cli {
namespace {

using Facts = std::map<std::string, std::string>;

/// ECMA-48: to the first cell; what is behind each line, and below the last, is erased: nothing flickers.
constexpr std::string_view home = "\x1b[H", end_of_line = "\x1b[K", rest_of_screen = "\x1b[J";

std::string screen(std::string_view text) {
    std::string drawn{home};
    for (const char c : text) {
        if (c == '\n') drawn += end_of_line;
        drawn += c;
    }
    return drawn.append(rest_of_screen);
}

std::string now() { return rfc3339(std::time(nullptr)); }

/// Shows each state that it is given, as far as it is another one.
class Display {
public:
    Display(Context& context, std::string daemon) : context_(context), daemon_(std::move(daemon)) {}

    void show(const json::value& status) {
        if (draws()) {
            last_ = status_text(status, daemon_, context_.terminal());
            context_.write(screen(fmt::format("{}\n\n{}", now(), last_)));
            return;
        }
        auto facts = status_facts(status);
        if (facts == facts_) return;
        if (context_.options().json) {
            context_.write_line(status);
        } else {
            print_changes(facts);
        }
        facts_ = std::move(facts);
    }

    void show_away(const std::string& why) {
        if (draws()) {
            context_.write(screen(fmt::format("{}\n{}; waiting for the daemon to come back. What it said last:\n\n{}",
                                              now(), wrapped(why, context_.terminal().width), last_)));
            return;
        }
        // What follows its return is told anew, whole: it may be another one.
        if (!facts_.empty() && !context_.options().json)
            context_.write(fmt::format("{} daemon: away: {}\n", now(), why));
        facts_.clear();
    }

private:
    [[nodiscard]] bool draws() const { return context_.terminal().output && !context_.options().json; }

    void print_changes(const Facts& facts) {
        for (const auto& [what, words] : facts) {
            const auto before = facts_.find(what);
            if (before == facts_.end() || before->second != words)
                context_.write(fmt::format("{} {}: {}\n", now(), what, words));
        }
        for (const auto& [what, words] : facts_) {
            if (!facts.contains(what)) context_.write(fmt::format("{} {}: gone\n", now(), what));
        }
    }

    Context& context_;
    std::string daemon_;
    Facts facts_;
    std::string last_;
};

}  // namespace

int watch_status(Context& context, const Pace& pace) {
    end_on_interrupt();
    const auto at = context.endpoint(client::Socket::control, false);
    if (!at) return context.fail(at.error());
    Display display{context, described(*at, client::Socket::control)};
    std::optional<std::chrono::steady_clock::time_point> away_since;
    for (bool first = true; !context.output_failed(); first = false) {
        auto call = Call::get("/v1/status");
        call.time_limit = std::chrono::seconds{5};
        const auto answer = context.ask(call);
        const auto asked_at = std::chrono::steady_clock::now();
        if (answer) {
            away_since.reset();
            display.show(answer->tree);
        } else if (first || !may_come_back(answer.error())) {
            return context.fail(answer.error());
        } else {
            const auto since = away_since.value_or(asked_at);
            away_since = since;
            if (asked_at - since >= pace.patience) return context.fail(answer.error());
            display.show_away(answer.error().what);
        }
        if (!pause_for(pace.pause)) return exit_code::done;
    }
    return exit_code::refused;
}

}  // namespace jeton::cli
