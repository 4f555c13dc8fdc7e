#include "cli/review.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/consent.hpp"
#include "cli/scope_lines.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace jeton::cli {
namespace {

bool is_among(const json::value& scope, const json::array& scopes) {
    const auto name = raw_field(scope, "name");
    return std::ranges::any_of(scopes, [&](const json::value& other) { return raw_field(other, "name") == name; });
}

/// The scopes of `these` that are not among `others`.
json::array without(const json::array& these, const json::array& others) {
    json::array rest(these.storage());
    for (const auto& scope : these) {
        if (!is_among(scope, others)) rest.push_back(scope);
    }
    return rest;
}

/// All scopes of the offered version, then those that go; a first review has nothing to compare with.
std::vector<ScopeLine> lines_of(const json::value& review) {
    const auto& scopes = elements(member(review, "scopes"));
    const auto& added = elements(member(review, "added"));
    const bool compares = !member(review, "accepted_version").is_null();
    std::vector<ScopeLine> lines;
    for (const auto& scope : scopes) {
        lines.push_back(scope_line(scope, compares && is_among(scope, added) ? Mark::added : Mark::none));
    }
    add_scope_lines(lines, elements(member(review, "removed")), Mark::removed);
    return lines;
}

}  // namespace

std::string review_text(const json::value& review, const Terminal& terminal) {
    const auto& app = member(review, "app");
    auto text = pairs_text({{"connection", field(review, "connection")},
                            {"state", field(review, "state")},
                            {"app", field(app, "app")},
                            {"organization", field(app, "organization")},
                            {"homepage", field(app, "homepage")},
                            {"credentials", field(app, "credentials_statement")},
                            {"accepted version", field(review, "accepted_version")},
                            {"consent", consent_text(member(review, "consent"))},
                            {"paused by", pauses_text(member(review, "pauses"))},
                            {"offered version", field(review, "offered_version")}});
    text += "\n" + grouped_scopes_text(lines_of(review), terminal);
    if (const auto statement = field(review, "statement"); !statement.empty()) {
        text += "\n" + wrapped(statement, terminal.width) + "\n";
    }
    for (const auto& warning : elements(member(review, "warnings"))) {
        const auto* words = warning.if_string();
        if (words == nullptr) continue;
        const auto line = "warning: " + printable({words->data(), words->size()});
        text += painted(wrapped(line, terminal.width), Style::yellow, terminal.color) + "\n";
    }
    return text;
}

std::string moved_on_text(const json::value& before, const json::value& now, const Terminal& terminal) {
    const auto& had = elements(member(before, "scopes"));
    const auto& has = elements(member(now, "scopes"));
    std::vector<ScopeLine> lines;
    add_scope_lines(lines, without(has, had), Mark::added);
    add_scope_lines(lines, without(had, has), Mark::removed);
    return fmt::format("While you were reading, version {} became version {}:\n{}", field(before, "offered_version"),
                       field(now, "offered_version"), scope_lines_text(lines, terminal));
}

}  // namespace jeton::cli
