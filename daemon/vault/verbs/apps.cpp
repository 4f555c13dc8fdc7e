// Verbs: app.create, app.list, app.show, app.tenant.add, app.connections
#include "daemon/vault/services/apps.hpp"

#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/verbs/secret_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::value view_of(const App& app, const AppVersion& version) {
    return {{"app", app.name},
            {"organization", app.organization},
            {"homepage", app.homepage},
            {"app_key", app.app_key},
            {"credentials", name_of(app.credentials)},
            {"version", version.number},
            {"scopes", json::value_from(version.scopes)}};
}

/// The portal's words for the Client Secret cell (S16, "View Connections").
std::string status_of(const FoundConnection& found, bool has_secret) {
    switch (found.connection.state) {
        case ConnectionState::not_connected: return "Not Connected Yet";
        case ConnectionState::disabled: return "Not available yet";
        case ConnectionState::connected: break;
    }
    if (has_secret) return "Connected";
    if (found.environment.kind == EnvironmentKind::upstream) return "Import";
    return found.app.credentials == CredentialsMode::tenant ? "Not available yet" : "Generate";
}

json::value hint_of(const FoundConnection& found, bool has_secret) {
    const auto name = found.name();
    switch (found.connection.state) {
        case ConnectionState::not_connected:
            return json::value("Please contact your Tenant Admin (" + found.tenant.tenant +
                               ") and ask that they connect to your app: jeton access review " + name);
        case ConnectionState::disabled: return json::value("Paused. To restore access: jeton access enable " + name);
        case ConnectionState::connected: break;
    }
    if (has_secret) return nullptr;
    return json::value(found.environment.kind == EnvironmentKind::local
                           ? "jeton secret generate " + name
                           : "jeton secret import " + name + " --client-id ID");
}

json::value connection_view(Call& call, const FoundConnection& found) {
    const auto& connection = found.connection;
    const bool is_hidden = connection.state == ConnectionState::disabled;
    auto secrets = is_hidden ? json::array{} : secret_views(call.tx, found, call.now(), Shown::active);
    const bool has_secret = !secrets.empty();
    return {{"connection", found.name()},
            {"app", found.app.name},
            {"tenant", found.tenant.tenant},
            {"environment", found.environment.name},
            {"state", name_of(connection.state)},
            {"client_id", text_or_null(connection.client_id)},
            {"secrets", std::move(secrets)},
            {"version", connection.accepted_version == 0 ? found.app.current_version : connection.accepted_version},
            {"current_version", found.app.current_version},
            {"new_version_available",
             connection.accepted_version != 0 && connection.accepted_version != found.app.current_version},
            {"allowed", connection.state == ConnectionState::connected},
            {"status", status_of(found, has_secret)},
            {"hint", hint_of(found, has_secret)}};
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
    wanted.if_not_exists = in.flag("if_not_exists");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto created = create_app(call.tx, call.peer, wanted, call.now());
    if (!created) return created.error();
    return done(view_of(created->app, created->version));
}

Result<Outcome> app_list(Call& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    json::array list;
    for (const auto& app : apps::list(call.tx)) list.push_back(view_of(app, current_version(call.tx, app)));
    return done(std::move(list));
}

Result<Outcome> app_show(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("app");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto app = find_app(call.tx, name);
    if (!app) return app.error();
    return done(view_of(*app, current_version(call.tx, *app)));
}

Result<Outcome> app_tenant_add(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto note = in.text_or("note", "");
    const auto if_not_exists = in.flag("if_not_exists");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto added = add_tenant(call.tx, call.peer, *name, note, if_not_exists, call.now());
    if (!added) return added.error();
    return done({{"connection", added->name()},
                 {"state", name_of(added->connection.state)},
                 {"note", text_or_null(added->connection.note)}});
}

Result<Outcome> app_connections(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("app");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto app = find_app(call.tx, name);
    if (!app) return app.error();
    json::array list;
    for (auto& connection : connections::of_app(call.tx, app->id)) {
        list.push_back(connection_view(call, complete(call.tx, std::move(connection))));
    }
    return done(std::move(list));
}

}  // namespace jeton::vault::verbs
