// Verbs: connection.list, connection.show, connection.edit
#include "daemon/vault/services/connections.hpp"

#include <vector>

#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/scopes.hpp"
#include "daemon/vault/services/selection.hpp"
#include "daemon/vault/services/versions.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/verbs/binding_view.hpp"
#include "daemon/vault/verbs/connection_view.hpp"
#include "daemon/vault/verbs/form_field_view.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/page_by_connection.hpp"
#include "daemon/vault/verbs/pair_view.hpp"
#include "daemon/vault/verbs/scope_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

constexpr std::int64_t ten_years = 10LL * 366 * 24 * 3600;

json::array bindings_for(Transaction& tx, const FoundConnection& found) {
    json::array list;
    for (const auto& binding : bindings::of_connection(tx, found.connection.id)) {
        list.push_back(binding_view(tx, binding));
    }
    for (const auto& binding : bindings::of_pattern(tx, found.app.id, found.environment.id)) {
        list.push_back(binding_view(tx, binding));
    }
    return list;
}

/// The connection with all that `connection show` tells of it.
json::object whole_view(Call& call, const FoundConnection& found) {
    auto view = connection_view(call, found);
    const auto accepted = accepted_version(call.tx, found.connection);
    view["scopes"] =
        scope_views(accepted ? catalogue_of(call.tx).views_of(accepted->scopes) : std::vector<ScopeView>{});
    const auto* granted = call.room.sightings.lesser_grant(found.connection.id);
    view["granted_scopes"] = granted != nullptr ? json::value_from(*granted) : json::value(nullptr);
    view["form_fields"] = form_field_view(found.connection.form_fields);
    view["bindings"] = bindings_for(call.tx, found);
    json::array pairs_of_it;
    for (const auto& pair : pairs::of_connection(call.tx, found.connection.id)) {
        pairs_of_it.push_back(pair_view(call.tx, pair, found.name()));
    }
    view["pairs"] = std::move(pairs_of_it);
    return view;
}

}  // namespace

Result<Outcome> connection_list(Call& call) {
    protocol::Fields in{call.body};
    const auto page = Page::read(in);
    Selector selector;
    selector.app = in.optional_text("app");
    selector.tenant = in.optional_text("tenant");
    selector.environment = in.optional_text("environment");
    selector.client_id = in.optional_text("client_id");
    const auto state = in.optional_text("state");
    selector.missing_secret = in.flag("missing_secret");
    selector.new_version = in.flag("new_version");
    const auto unused_for = in.optional_integer("unused_for", 0, ten_years);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (state) {
        selector.state = connection_state(*state);
        if (!selector.state) {
            return refuse(Errc::bad_input, "there is no such state", "not-connected, connected or disabled");
        }
    }
    if (unused_for) selector.unused_for = std::chrono::seconds{*unused_for};
    return page_by_connection(call, page, selector, [&](const FoundConnection& found) {
        return std::vector<KeyedRow>{{"the only one", connection_view(call, found)}};
    });
}

Result<Outcome> connection_show(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto found = find_visible(call.tx, call.standing, *name);
    if (!found) return found.error();
    return done(whole_view(call, *found));
}

Result<Outcome> connection_edit(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    auto form_fields = form_fields_of(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto found = find_visible(call.tx, call.standing, *name);
    if (!found) return found.error();
    if (auto may = may_configure(call.standing, *found); !may) return may.error();
    if (!form_fields) return form_fields.error();
    const auto edited =
        edit_connection(call.tx, call.peer, *name, {.form_fields = *std::move(form_fields)}, call.now());
    if (!edited) return edited.error();
    if (edited->connection.form_fields != found->connection.form_fields) {
        call.drop_tokens(edited->connection.id);
        call.room.sightings.forget(edited->connection.id);
    }
    return done(whole_view(call, *edited));
}

}  // namespace jeton::vault::verbs
