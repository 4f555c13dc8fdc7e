#include "cli/follow.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/audit_table.hpp"

namespace jeton::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Prints entries, a few at a time, in columns that stay where they are.
class Rows {
public:
    void print(Context& context, const json::array& entries) {
        if (entries.empty()) return;
        if (context.options().json) {
            for (const auto& entry : entries) context.write_line(entry);
            return;
        }
        auto table = audit_table(entries);
        table.least = {5, 20, 12, 14, 20, 32, 16, 5, 6};
        const auto text = table.text(context.terminal().width, context.terminal().color);
        const auto header = text.find('\n') + 1;
        context.write(std::string_view{text}.substr(begun_ ? header : 0));
        begun_ = true;
    }

private:
    bool begun_ = false;
};

std::int64_t last_sequence(const json::array& entries, std::int64_t before) {
    for (const auto& entry : entries) before = std::max(before, integer(entry, "sequence").value_or(0));
    return before;
}

}  // namespace

int follow_audit(Context& context, Query query, const Pace& pace) {
    end_on_interrupt();
    std::int64_t last = 0;
    if (std::ranges::find(query, "since", &Query::value_type::first)->second.empty()) {
        auto newest = query;
        newest.emplace_back("newest", "1");
        const auto answer = context.ask_all(Call::get("/v1/audit", newest));
        if (!answer) return context.fail(answer.error());
        last = last_sequence(elements(answer->tree), last);
    }
    auto& after = query.emplace_back("after", "").second;
    Rows rows;
    auto away_since = Clock::now();
    bool away = false;
    for (bool first = true; !context.output_failed(); first = false) {
        if (last > 0) after = std::to_string(last);
        const auto answer = context.ask_all(Call::get("/v1/audit", query));
        if (answer) {
            away = false;
            rows.print(context, elements(answer->tree));
            last = last_sequence(elements(answer->tree), last);
        } else {
            if (first || !may_come_back(answer.error())) return context.fail(answer.error());
            if (!away) {
                away_since = Clock::now();
                context.remark(fmt::format("{}; waiting for the daemon to come back", answer.error().what));
            }
            away = true;
            if (Clock::now() - away_since >= pace.patience) return context.fail(answer.error());
        }
        if (!pause_for(pace.pause)) return exit_code::done;
    }
    return exit_code::refused;
}

}  // namespace jeton::cli
