#include "daemon/vault/services/apps.hpp"

#include <fmt/format.h>

#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/app_versions.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/faults.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t app_key_limit = 120;

Result<std::string> app_key_of(const NewApp& wanted) {
    if (!wanted.app_key) return generate_app_key();
    std::string key{trim(*wanted.app_key)};
    if (auto text = check_free_text("app key", key, app_key_limit); !text) return text.error();
    return key;
}

bool same_fields(const App& existing, const AppVersion& version, const NewApp& wanted,
                 const std::vector<std::string>& scopes) {
    return existing.organization == wanted.organization && existing.homepage == wanted.homepage &&
           name_of(existing.credentials) == wanted.credentials && version.scopes == scopes &&
           (!wanted.app_key || existing.app_key == trim(*wanted.app_key));
}

}  // namespace

Result<AppWithVersion> create_app(Transaction& tx, const Peer& peer, const NewApp& wanted, UtcSeconds now) {
    App app;
    app.name = wanted.name;
    app.organization = wanted.organization;
    app.homepage = wanted.homepage;
    if (auto fields = check_app_fields(app); !fields) return fields.error();
    const auto mode = credentials_mode(wanted.credentials);
    if (!mode) {
        return refuse(Errc::bad_input, "nobody is named who configures the credentials",
                      fmt::format("give --credentials developer (“{}”) or --credentials tenant (“{}”)",
                                  sentence_of(CredentialsMode::developer), sentence_of(CredentialsMode::tenant)));
    }
    auto scopes = check_scopes(wanted.scopes);
    if (!scopes) return scopes.error();
    auto key = app_key_of(wanted);
    if (!key) return key.error();
    if (const auto existing = apps::find(tx, wanted.name)) {
        auto version = current_version(tx, *existing);
        if (wanted.if_not_exists && same_fields(*existing, version, wanted, *scopes)) {
            return AppWithVersion{*existing, std::move(version)};
        }
        return refuse(Errc::already_exists, fmt::format("app {} exists", wanted.name),
                      fmt::format("jeton app show {}", wanted.name));
    }
    app.id = AppId::fresh();
    app.credentials = *mode;
    app.app_key = std::move(*key);
    app.created_at = now;
    const AppVersion version{AppVersionId::fresh(), app.id, 1, std::move(*scopes), now, peer.name()};
    tx.insert(app);
    tx.insert(version);
    record(tx, peer, {.event = "app.created", .subject = app.name, .detail = join_scope(version.scopes)}, now);
    return AppWithVersion{app, version};
}

Result<FoundConnection> add_tenant(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                   const std::string& note, bool if_not_exists, UtcSeconds now) {
    if (auto text = check_free_text("note", note, note_limit, true); !text) return text.error();
    auto app = find_app(tx, name.app);
    if (!app) return app.error();
    auto found = find_tenant(tx, name.tenant);
    if (!found) return found.error();
    if (auto existing = connections::find(tx, app->id, found->tenant.id)) {
        if (if_not_exists && existing->listed && existing->note == note) {
            return FoundConnection{*std::move(app), std::move(found->environment), std::move(found->tenant),
                                   *std::move(existing)};
        }
        return refuse(Errc::already_exists, fmt::format("app {} lists tenant {} already", name.app, name.tenant.text()),
                      fmt::format("jeton app connections {}", name.app));
    }
    if (connections::of_app(tx, app->id).size() >= tenants_per_app_limit) {
        return refuse(Errc::wrong_state, fmt::format("app {} lists 2000 tenants, the most there may be", name.app),
                      "remove one that is not needed any more");
    }
    Connection connection;
    connection.id = ConnectionId::fresh();
    connection.app = app->id;
    connection.tenant = found->tenant.id;
    connection.environment = found->environment.id;
    connection.note = note;
    connection.created_at = now;
    tx.insert(connection);
    record(tx, peer,
           {.event = "app.tenant_added", .subject = name.app, .connection = name.text(), .tenant = name.tenant.text()},
           now);
    return FoundConnection{*std::move(app), std::move(found->environment), std::move(found->tenant),
                           std::move(connection)};
}

AppVersion current_version(Transaction& tx, const App& app) {
    auto version = app_versions::find(tx, app.id, app.current_version);
    if (!version) throw Tampered("app_versions", app.id.text);
    return *std::move(version);
}

std::optional<AppVersion> accepted_version(Transaction& tx, const Connection& connection) {
    if (connection.accepted_version == 0) return std::nullopt;
    auto version = app_versions::find(tx, connection.app, connection.accepted_version);
    if (!version) throw Tampered("app_versions", connection.app.text);
    return version;
}

}  // namespace jeton::vault
