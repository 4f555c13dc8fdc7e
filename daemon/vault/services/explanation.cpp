#include "daemon/vault/services/explanation.hpp"

#include <fmt/format.h>

#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/store/bindings.hpp"

namespace jeton::vault {
namespace {

/// The options of `jeton binding add` that would let this peer in.
std::string identity_options(const Peer& seen) {
    auto options = fmt::format("--user {}", seen.name());
    if (seen.foreign) return options + " --allow-container";
    if (!seen.unit.empty() && seen.unit.ends_with(".service")) options += fmt::format(" --unit {}", seen.unit);
    return options;
}

}  // namespace

Explanation explain(Transaction& tx, const FoundConnection& found, const Peer& seen, UtcSeconds now) {
    Explanation explanation;
    auto all = bindings::of_connection(tx, found.connection.id);
    for (auto& pattern : bindings::of_pattern(tx, found.app.id, found.environment.id))
        all.push_back(std::move(pattern));
    for (auto& binding : all) {
        auto missing = lacks(binding, seen, judged_at(tx, now));
        if (missing.empty() && !explanation.binding) explanation.binding = binding;
        explanation.bindings.push_back({std::move(binding), std::move(missing)});
    }
    const bool is_upstream = found.environment.kind == EnvironmentKind::upstream;
    const bool is_connected = found.connection.state == ConnectionState::connected;
    if (explanation.binding && is_connected && is_upstream && usable_secrets(tx, found).empty()) {
        auto lack = lacks_secret(tx, found);
        explanation.verdict = fmt::format("binding {} holds for {}, but {}", explanation.binding->id.brief(),
                                          seen.name(), lack.operator_note.empty() ? lack.what : lack.operator_note);
        explanation.next = std::move(lack.next);
    } else if (explanation.binding && is_connected) {
        explanation.verdict = fmt::format("{} gets tokens of {} by binding {}", seen.name(), found.name(),
                                          explanation.binding->id.brief());
        explanation.next = fmt::format("jeton token {}", found.name());
    } else if (explanation.binding) {
        auto state = state_refusal(found);
        explanation.verdict =
            fmt::format("binding {} holds for {}, but {}", explanation.binding->id.brief(), seen.name(), state.what);
        explanation.next = std::move(state.next);
    } else {
        explanation.verdict = fmt::format("no binding of {} holds for {}", found.name(), seen.name());
        explanation.next =
            fmt::format("ask the operator: jeton binding add {} {}", found.name(), identity_options(seen));
    }
    return explanation;
}

}  // namespace jeton::vault
