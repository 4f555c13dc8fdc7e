#include "cli/apply_report.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <boost/json/value_from.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/text.hpp"
#include "cli/values.hpp"

namespace jeton::cli {
namespace {

std::string_view word_of(StepAction action) {
    switch (action) {
        case StepAction::none: return "none";
        case StepAction::create: return "create";
        case StepAction::change: return "change";
        case StepAction::remove: return "remove";
        case StepAction::keep: return "keep";
        case StepAction::refuse: break;
    }
    return "refuse";
}

std::string_view word_of(StepResult result) {
    switch (result) {
        case StepResult::unchanged: return "unchanged";
        case StepResult::pending: return "pending";
        case StepResult::done: return "done";
        case StepResult::kept: return "kept";
        case StepResult::refused: return "refused";
        case StepResult::not_tried: break;
    }
    return "not-tried";
}

/// As a person reads it in front of the object.
std::string told(StepAction action, StepResult result) {
    if (result == StepResult::pending) return fmt::format("would {}", word_of(action));
    if (result == StepResult::not_tried) return "not tried";
    if (result != StepResult::done) return std::string{word_of(result)};
    switch (action) {
        case StepAction::create: return "created";
        case StepAction::remove: return "removed";
        case StepAction::none:
        case StepAction::change:
        case StepAction::keep:
        case StepAction::refuse: break;
    }
    return "changed";
}

Style style_of(const Step& step, StepResult result) {
    if (result == StepResult::refused || result == StepResult::not_tried) return Style::red;
    if (result == StepResult::unchanged || result == StepResult::kept) return Style::dim;
    return step.action == StepAction::remove ? Style::yellow : Style::green;
}

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

json::value word_value(std::string_view word) { return json::value(json::string_view{word.data(), word.size()}); }

/// A moment as all documents have it.
json::value shown_value(const json::value& value) {
    return value.is_int64() ? json::value(rfc3339(value.get_int64())) : value;
}

json::array differences_view(const Step& step) {
    json::array view;
    for (const auto& [field, now, wanted] : step.differences)
        view.push_back({{"field", field}, {"before", shown_value(now)}, {"after", shown_value(wanted)}});
    return view;
}

}  // namespace

json::value document_of(const Step& step, const StepOutcome& outcome) {
    const bool changed = outcome.result == StepResult::done || outcome.result == StepResult::pending;
    return {{"kind", word_value(cli::word_of(step.kind))},
            {"name", step.name},
            {"action", word_value(word_of(step.action))},
            {"result", word_value(word_of(outcome.result))},
            {"changed", changed},
            {"differences", differences_view(step)},
            {"ends", text_or_null(step.ends)},
            {"why", text_or_null(outcome.why)},
            {"next", text_or_null(outcome.next)},
            {"warnings", json::value_from(outcome.warnings)},
            {"file", text_or_null(step.place.file)},
            {"line", step.place.line == 0 ? json::value(nullptr) : json::value(step.place.line)}};
}

std::string text_of(const Step& step, const StepOutcome& outcome, const Terminal& terminal) {
    constexpr std::size_t column = 12;
    auto text =
        painted(padded(told(step.action, outcome.result), column), style_of(step, outcome.result), terminal.color);
    text += fmt::format("  {} {}", cli::word_of(step.kind), printable(step.name));
    std::vector<std::string> notes;
    notes.reserve(step.differences.size() + 1);
    for (const auto& difference : step.differences) notes.push_back(text_of(difference));
    if (!step.ends.empty()) notes.push_back(step.ends);
    if (!outcome.why.empty() && outcome.result != StepResult::refused) notes.push_back(printable(outcome.why));
    if (outcome.result == StepResult::refused) notes = {printable(outcome.why)};
    if (!notes.empty()) text += fmt::format(": {}", fmt::join(notes, "; "));
    text += "\n";
    const bool is_wrong = outcome.result == StepResult::refused;
    if (is_wrong && step.place.line != 0)
        text += fmt::format("  at {}:{}\n", printable(step.place.file), step.place.line);
    if (!outcome.next.empty()) text += fmt::format("  next: {}\n", printable(outcome.next));
    for (const auto& warning : outcome.warnings) text += fmt::format("  warning: {}\n", printable(warning));
    return text;
}

std::string summary_of(const std::vector<StepOutcome>& outcomes, bool dry_run) {
    const auto count = [&](StepResult result) { return std::ranges::count(outcomes, result, &StepOutcome::result); };
    const auto changed = count(StepResult::done) + count(StepResult::pending);
    const auto kept = count(StepResult::kept);
    const auto refused = count(StepResult::refused);
    const auto not_tried = count(StepResult::not_tried);
    auto text = fmt::format("{} object{}: {} {}, {} unchanged", outcomes.size(), outcomes.size() == 1 ? "" : "s",
                            changed, dry_run ? "would change" : "changed", count(StepResult::unchanged));
    if (kept > 0) text += fmt::format(", {} kept", kept);
    if (refused > 0) text += fmt::format(", {} refused", refused);
    if (not_tried > 0) text += fmt::format(", {} not tried", not_tried);
    return text;
}

}  // namespace jeton::cli
