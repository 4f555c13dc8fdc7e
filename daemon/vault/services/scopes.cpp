#include "daemon/vault/services/scopes.hpp"

#include <fmt/format.h>

#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/scopes.hpp"

namespace jeton::vault {

Catalogue catalogue_of(Transaction& tx) { return Catalogue{scopes::list(tx)}; }

Result<AddedScopes> add_scopes(Transaction& tx, const Peer& peer, std::vector<OwnScope> wanted, UtcSeconds now) {
    if (wanted.empty()) return refuse(Errc::bad_input, "no scope is given", "give at least one");
    AddedScopes counted;
    auto catalogue = catalogue_of(tx);
    for (auto& scope : wanted) {
        if (auto fields = check_own_scope(scope); !fields) return fields.error();
        if (const auto there = catalogue.find(scope.name)) {
            if (there->group == scope.group && there->display_name == scope.display_name) {
                ++counted.unchanged;
                continue;
            }
            return refuse(
                Errc::already_exists,
                fmt::format("scope {} exists as {} in group {}", scope.name, there->display_name, there->group),
                "jeton scope list");
        }
        if (catalogue.own().size() >= own_scopes_limit) {
            return refuse(Errc::wrong_state,
                          fmt::format("there are {} own scopes, the most there may be", own_scopes_limit),
                          "jeton scope list");
        }
        scope.id = ScopeId::fresh();
        scope.created_at = now;
        tx.insert(scope);
        record(tx, peer,
               {.event = "scope.added",
                .subject = scope.name,
                .detail = fmt::format("{}: {}", scope.group, scope.display_name)},
               now);
        catalogue.add(std::move(scope));
        ++counted.added;
    }
    return counted;
}

}  // namespace jeton::vault
