#include "cli/connection_cells.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/text.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t advice_limit = 10;  ///< lines behind a listing; more would hide it

bool is_true(const json::value& object, std::string_view name) {
    const auto* flag = member(object, name).if_bool();
    return flag != nullptr && *flag;
}

}  // namespace

std::string version_cell(const json::value& connection) {
    const auto accepted = field(connection, "version");
    auto current = field(connection, "current_version");
    if (accepted.empty()) return current;
    return is_true(connection, "new_version_available") ? fmt::format("{} (new: {})", accepted, current) : accepted;
}

std::string allowed_cell(const json::value& connection) {
    return is_true(connection, "allowed") ? "Allowed" : "Disallowed";
}

std::string last_used_text(const json::value& row) {
    const auto at = field(row, "last_used_at");
    const auto by = field(row, "last_used_by");
    return at.empty() || by.empty() ? at : fmt::format("{} by {}", at, by);
}

Table client_keys_table(const json::value& keys) {
    Table table{{"KID", "ALGORITHM", "STATE", "CREATED", "BY", "EXPIRES", "LAST USED"}, {}};
    for (const auto& one : elements(keys)) {
        table.rows.push_back({field(one, "kid"), field(one, "algorithm"), field(one, "state"), field(one, "created_at"),
                              field(one, "created_by"), field(one, "expires_at"), last_used_text(one)});
    }
    return table;
}

std::optional<Failure> confirm_with_connections(Context& context, std::string question, Call listing) {
    if (context.will_ask()) {
        const auto answer = context.ask_all(std::move(listing));
        if (!answer) return answer.error();
        const auto& all = elements(answer->tree);
        const auto in_state = [&](std::string_view state) {
            return std::ranges::count_if(all, [&](const json::value& one) { return raw_field(one, "state") == state; });
        };
        question += fmt::format(" Connections: {} ({} connected, {} disabled).", all.size(), in_state("connected"),
                                in_state("disabled"));
    }
    return context.confirm(question);
}

void Advice::add(std::string line) {
    if (!line.empty() && std::ranges::find(lines_, line) == lines_.end()) lines_.push_back(std::move(line));
}

void Advice::write(Context& context) const {
    if (lines_.empty() || context.options().quiet) return;
    const auto shown = std::min(lines_.size(), advice_limit);
    std::string text = "\n";
    for (std::size_t at = 0; at < shown; ++at) text += wrapped(lines_[at], context.terminal().width) + "\n";
    if (lines_.size() > shown) text += fmt::format("and {} more like these\n", lines_.size() - shown);
    context.write(text);
}

}  // namespace jeton::cli
