// Verbs: app.create, app.list, app.show, app.edit, app.delete, app.versions, app.publish, app.tenant.add,
// app.tenant.remove, app.connections
#include "daemon/vault/services/apps.hpp"

#include <limits>

#include <fmt/format.h>

#include "daemon/vault/services/access.hpp"
#include "daemon/vault/services/app_tenants.hpp"
#include "daemon/vault/services/scopes.hpp"
#include "daemon/vault/services/versions.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/verbs/connection_view.hpp"
#include "daemon/vault/verbs/longest_life.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/scope_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

/// The app key is for those who send it: an auditor reads everything but secrets.
bool shows_key_of(const Call& call, const App& app) {
    return call.standing.is_operator() || call.standing.develops(app.id);
}

json::object view_of(const App& app, const AppVersion& version, bool shows_key) {
    return {{"app", app.name},
            {"organization", app.organization},
            {"homepage", app.homepage},
            {"app_key", shows_key ? json::value(app.app_key) : json::value(nullptr)},
            {"external_data_guid", text_or_null(app.external_data_guid)},
            {"credentials", name_of(app.credentials)},
            {"credentials_statement", sentence_of(app.credentials)},
            {"version", version.number},
            {"scopes", json::value_from(version.scopes)},
            {"created_at", rfc3339(app.created_at)}};
}

void add_difference(json::object& view, const Catalogue& catalogue, const ScopeDifference& change) {
    view["added"] = scope_views(catalogue.views_of(change.added));
    view["removed"] = scope_views(catalogue.views_of(change.removed));
}

}  // namespace

Result<Outcome> app_create(Call& call) {
    protocol::Fields in{call.body};
    NewApp wanted;
    wanted.name = in.text("app");
    wanted.organization = in.text_or("organization", "");
    wanted.homepage = in.text_or("homepage", "");
    wanted.credentials = in.text_or("credentials", "");
    wanted.scopes = in.texts("scopes");
    wanted.app_key = in.optional_text("app_key");
    wanted.external_data_guid = in.optional_text("external_data_guid");
    wanted.if_not_exists = in.flag("if_not_exists");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto created = create_app(call.tx, call.peer, call.standing, wanted, call.now());
    if (!created) return created.error();
    const bool shows_key = created->is_new || shows_key_of(call, created->app);
    return done(view_of(created->app, created->version, shows_key));
}

Result<Outcome> app_list(Call& call) {
    protocol::Fields in{call.body};
    const auto page = Page::read(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto mine = apps::list(call.tx);
    std::erase_if(mine, [&](const App& app) { return !call.standing.sees(app); });
    return page_of(std::move(mine), page, &App::name, [&](const App& app) {
        return view_of(app, current_version(call.tx, app), shows_key_of(call, app));
    });
}

Result<Outcome> app_show(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("app");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto app = find_app(call.tx, name);
    if (!app) return app.error();
    return done(view_of(*app, current_version(call.tx, *app), shows_key_of(call, *app)));
}

Result<Outcome> app_edit(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("app");
    AppEdit edit;
    edit.organization = in.optional_text("organization");
    edit.homepage = in.optional_text("homepage");
    edit.credentials = in.optional_text("credentials");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto edited = edit_app(call.tx, call.peer, name, edit, call.now());
    if (!edited) return edited.error();
    auto view = view_of(edited->app, current_version(call.tx, edited->app), true);
    view["changed"] = json::value_from(edited->changed);
    view["message"] = edited->changed.empty() ? fmt::format("{} is as it was.", name)
                                              : fmt::format("{} is saved. Pairs, tokens and version stay.", name);
    return done(std::move(view));
}

Result<Outcome> app_delete(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("app");
    const auto if_never_allowed = in.flag("if_never_allowed");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto deleted = delete_app(call.tx, call.peer, name, call.now(), if_never_allowed);
    if (!deleted) return deleted.error();
    for (const auto& connection : deleted->connections) call.drop_tokens(connection);
    const auto& erased = deleted->erased;
    return done(
        {{"app", name},
         {"connections", erased.connections},
         {"message", fmt::format("{} is deleted with its app key, {} connections and {} secrets. This cannot be "
                                 "undone.",
                                 name, erased.connections, erased.secrets)}});
}

Result<Outcome> app_versions(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("app");
    const auto page = Page::read(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto app = find_app(call.tx, name);
    if (!app) return app.error();
    const auto catalogue = catalogue_of(call.tx);
    const auto newest_first = [](const VersionOfApp& one) {
        return fmt::format("{:019}", std::numeric_limits<std::int64_t>::max() - one.version.number);
    };
    return page_of(version_history(call.tx, *app), page, newest_first, [&](const VersionOfApp& one) {
        json::object row{{"version", one.version.number},
                         {"current", one.version.number == app->current_version},
                         {"created_at", rfc3339(one.version.created_at)},
                         {"created_by", one.version.created_by},
                         {"scopes", json::value_from(one.version.scopes)}};
        add_difference(row, catalogue, one.change);
        row["connections"] = one.connections;
        return row;
    });
}

Result<Outcome> app_publish(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("app");
    const auto add = in.texts("add");
    const auto remove = in.texts("remove");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto published = publish_version(call.tx, call.peer, name, add, remove, call.now());
    if (!published) return published.error();
    auto view = view_of(published->app, published->version, true);
    add_difference(view, catalogue_of(call.tx), published->change);
    view["message"] = fmt::format(
        "Version {} is published. Each tenant stays on its version until its admin allows this "
        "one.",
        published->version.number);
    return done(std::move(view));
}

Result<Outcome> app_tenant_add(Call& call) {
    protocol::Fields in{call.body};
    const auto app = in.text("app");
    const auto tenant = parse_new_tenant_name(in.text("tenant"));
    const auto note = in.text_or("note", "");
    const auto if_not_exists = in.flag("if_not_exists");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!tenant) return tenant.error();
    const auto added = add_tenant(call.tx, call.peer, {app, *tenant}, note, if_not_exists, call.now());
    if (!added) return added.error();
    const auto& connection = added->connection;
    const auto next = connection.state == ConnectionState::not_connected
                          ? fmt::format("Its admin connects it: jeton access review {}", added->name())
                          : fmt::format("Its admin enables it: jeton access enable {}", added->name());
    return done({{"connection", added->name()},
                 {"state", name_of(connection.state)},
                 {"note", text_or_null(connection.note)},
                 {"message", fmt::format("{} lists tenant {}. {}", app, tenant->text(), next)}});
}

Result<Outcome> app_tenant_remove(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto there = find_connection(call.tx, *name);
    if (!there) return there.error();
    const auto life = longest_life(call, there->connection.id);
    const auto removed = remove_tenant(call.tx, call.peer, *name, call.now());
    if (!removed) return removed.error();
    call.drop_tokens(removed->found.connection.id);
    return done(
        {{"connection", name->text()},
         {"state", removed->is_erased ? json::value(nullptr) : json::value(name_of(removed->found.connection.state))},
         {"message", removed->is_erased
                         ? fmt::format("{} is off the list. It was never connected.", name->text())
                         : fmt::format("{} is off the list and disabled. Client ID and secrets are kept; tokens "
                                       "already handed out end by {}.",
                                       name->text(), rfc3339(call.now() + life))}});
}

Result<Outcome> app_connections(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("app");
    const auto page = Page::read(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto app = find_app(call.tx, name);
    if (!app) return app.error();
    std::vector<FoundConnection> all;
    for (auto& connection : connections::of_app(call.tx, app->id)) {
        all.push_back(complete(call.tx, std::move(connection)));
    }
    return page_of(std::move(all), page, &FoundConnection::name,
                   [&](const FoundConnection& found) { return connection_view(call, found); });
}

}  // namespace jeton::vault::verbs
