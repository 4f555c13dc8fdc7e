// Verbs: scope.list, scope.add, scope.import
#include "daemon/vault/services/scopes.hpp"

#include <fmt/format.h>

#include "daemon/vault/store/scopes.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::value view_of(const CatalogueEntry& entry, std::string_view source) {
    return {{"name", entry.name}, {"group", entry.group}, {"display_name", entry.display_name}, {"source", source}};
}

/// The entry's texts belong to the catalogue.
struct Listed {
    CatalogueEntry entry;
    std::string_view source;
};

Result<OwnScope> scope_of(const json::value& value) {
    protocol::Fields in{value};
    OwnScope scope;
    scope.name = in.text("name");
    scope.group = in.text("group");
    scope.display_name = in.text("display_name");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    return scope;
}

}  // namespace

Result<Outcome> scope_list(Call& call) {
    protocol::Fields in{call.body};
    const auto group = in.optional_text("group");
    const auto page = Page::read(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto own = scopes::list(call.tx);
    std::vector<Listed> list;
    const auto add = [&](const CatalogueEntry& entry, std::string_view source) {
        if (!group || entry.group == *group) list.push_back({entry, source});
    };
    for (const auto& entry : built_in_scopes()) add(entry, "built-in");
    for (const auto& scope : own) add({scope.name, scope.group, scope.display_name}, "added");
    // The portal's order of groups is that of the alphabet (S52).
    const auto by_group = [](const Listed& one) { return fmt::format("{}/{}", one.entry.group, one.entry.name); };
    return page_of(std::move(list), page, by_group, [](const Listed& one) { return view_of(one.entry, one.source); });
}

Result<Outcome> scope_add(Call& call) {
    auto scope = scope_of(call.body);
    if (!scope) return scope.error();
    const auto view = view_of({scope->name, scope->group, scope->display_name}, "added");
    const auto added = add_scopes(call.tx, call.peer, {*std::move(scope)}, call.now());
    if (!added) return added.error();
    return done(view);
}

Result<Outcome> scope_import(Call& call) {
    protocol::Fields in{call.body};
    const auto* values = in.array("scopes");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (values == nullptr) return bad_body("member \"scopes\" is missing");
    std::vector<OwnScope> wanted;
    wanted.reserve(values->size());
    for (const auto& value : *values) {
        auto scope = scope_of(value);
        if (!scope) return scope.error();
        wanted.push_back(*std::move(scope));
    }
    const auto counted = add_scopes(call.tx, call.peer, std::move(wanted), call.now());
    if (!counted) return counted.error();
    return done({{"added", counted->added}, {"unchanged", counted->unchanged}});
}

}  // namespace jeton::vault::verbs
