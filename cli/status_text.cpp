#include "cli/status_text.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "cli/table.hpp"
#include "cli/text.hpp"

namespace jeton::cli {
namespace {

/// Nothing where it was not asked yet.
std::optional<bool> health_of(const json::value& upstream) {
    const auto& healthy = member(upstream, "healthy");
    return healthy.is_bool() ? std::optional{healthy.get_bool()} : std::nullopt;
}

std::string state_cell(const json::value& environment) {
    const auto& upstream = member(environment, "upstream");
    if (!upstream.is_object()) return {};
    return health_of(upstream) ? field(upstream, "state") : "not asked yet";
}

/// A line or two of what is known of the token endpoint; empty where nothing is, and for local ones.
std::string upstream_text(const json::value& environment) {
    const auto& upstream = member(environment, "upstream");
    if (!upstream.is_object()) return {};
    const auto name = field(environment, "name");
    std::string text;
    const auto healthy = health_of(upstream);
    if (!healthy) return {};
    if (*healthy) {
        const auto requests = field(upstream, "requests_last_hour");
        text = fmt::format("{} answers; {} {} in the last hour.", name, requests,
                           requests == "1" ? "request" : "requests");
    } else {
        text = name + " gives no tokens";
        if (const auto since = field(upstream, "failing_since"); !since.empty()) text += " since " + since;
        text += fmt::format(": {}.", field(upstream, "last_error"));
    }
    if (const auto until = field(upstream, "cooling_until"); !until.empty())
        text += fmt::format(" It is not asked before {}.", until);
    if (const auto next = field(upstream, "next_refresh_at"); !next.empty())
        text += fmt::format(" The next token is renewed at {}.", next);
    if (const auto drift = integer(upstream, "clock_drift_seconds"); drift && (*drift >= 30 || *drift <= -30))
        text += fmt::format(" The clock of this host is {} s {} its clock.", *drift > 0 ? *drift : -*drift,
                            *drift > 0 ? "behind" : "ahead of");
    return text;
}

/// Empty where nothing moves.
std::string rotation_text(const json::value& environment) {
    const auto& rotation = member(environment, "key_rotation");
    if (!rotation.is_object()) return {};
    auto text = fmt::format("key rotation of {}: {} values move to data key {}", field(environment, "name"),
                            field(rotation, "values_left"), field(environment, "key_generation"));
    if (const auto problem = field(rotation, "problem"); !problem.empty()) text += "; stopped: " + problem;
    return text;
}

std::string import_text(const json::value& environment) {
    const auto count = field(environment, "need_import");
    const auto name = field(environment, "name");
    if (count.empty() || count == "0") return {};
    return fmt::format(
        "{}: {} {} imported anew, because the token endpoint was changed: jeton connection list "
        "--environment {} --missing-secret",
        name, count, count == "1" ? "pair must be" : "pairs must be", name);
}

/// Where programs see changes without asking. An older daemon has none, and says nothing of it.
std::string page_text(const json::value& page) {
    const auto state = field(page, "state");
    if (state == "off") return "switched off";
    if (state == "failed") return "none: " + field(page, "problem");
    return field(page, "path");
}

std::vector<std::string> hints(const json::value& status) {
    std::vector<std::string> lines;
    for (const auto& hint : elements(member(member(status, "attention"), "hints"))) {
        if (const auto* text = hint.if_string()) lines.push_back(printable({text->data(), text->size()}));
    }
    return lines;
}

}  // namespace

std::string status_text(const json::value& status, const std::string& daemon, const Terminal& terminal) {
    auto text = pairs_text({{"daemon", daemon},
                            {"state", field(status, "state")},
                            {"reason", field(status, "reason")},
                            {"version", field(status, "version")},
                            {"epoch", field(status, "epoch")},
                            {"epoch page", page_text(member(status, "epoch_page"))},
                            {"clock", field(member(status, "clock"), "warning")}});
    Table table{{"ENVIRONMENT", "KIND", "CONNECTIONS", "TOKENS CACHED", "UPSTREAM"}, {}};
    std::vector<std::vector<std::string>> paragraphs(3);
    for (const auto& environment : elements(member(status, "environments"))) {
        table.rows.push_back({field(environment, "name"), field(environment, "kind"), field(environment, "connections"),
                              field(environment, "tokens_cached"), state_cell(environment)});
        paragraphs[0].push_back(upstream_text(environment));
        paragraphs[1].push_back(rotation_text(environment));
        paragraphs[2].push_back(import_text(environment));
    }
    std::ranges::copy(hints(status), std::back_inserter(paragraphs[2]));
    if (!table.rows.empty()) text += "\n" + table.text(terminal.width, terminal.color);
    for (auto& lines : paragraphs) {
        std::erase(lines, "");
        if (!lines.empty()) text += "\n";
        for (const auto& line : lines) text += wrapped(line, terminal.width) + "\n";
    }
    return text;
}

std::map<std::string, std::string> status_facts(const json::value& status) {
    std::map<std::string, std::string> facts;
    auto& daemon = facts["daemon"];
    daemon = field(status, "state");
    if (const auto reason = field(status, "reason"); !reason.empty()) daemon += ": " + reason;
    if (const auto warning = field(member(status, "clock"), "warning"); !warning.empty()) daemon += "; " + warning;
    for (const auto& environment : elements(member(status, "environments"))) {
        auto& fact = facts["environment " + field(environment, "name")];
        const auto connections = field(environment, "connections");
        fact = fmt::format("{} {}", connections, connections == "1" ? "connection" : "connections");
        const auto& upstream = member(environment, "upstream");
        if (health_of(upstream) == false) {
            const auto since = field(upstream, "failing_since");
            fact += fmt::format(", gives no tokens{}{}: {}", since.empty() ? "" : " since ", since,
                                field(upstream, "last_error"));
        } else if (const auto state = state_cell(environment); !state.empty()) {
            fact += ", " + state;
        }
        if (const auto rotation = rotation_text(environment); !rotation.empty()) fact += "; " + rotation;
        if (const auto import = import_text(environment); !import.empty()) fact += "; " + import;
    }
    std::string attention;
    for (const auto& hint : hints(status)) attention += (attention.empty() ? "" : "; ") + hint;
    if (!attention.empty()) facts["attention"] = attention;
    return facts;
}

}  // namespace jeton::cli
