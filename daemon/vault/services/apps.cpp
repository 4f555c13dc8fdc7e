#include "daemon/vault/services/apps.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/connections.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/roles.hpp"
#include "daemon/vault/services/scopes.hpp"
#include "daemon/vault/services/versions.hpp"
#include "daemon/vault/store/app_versions.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/roles.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t app_key_limit = 120;

Result<CredentialsMode> mode_of(std::string_view word) {
    if (const auto mode = credentials_mode(word)) return *mode;
    return refuse(Errc::bad_input, "nobody is named who configures the credentials",
                  fmt::format("give --credentials developer (“{}”) or --credentials tenant (“{}”)",
                              sentence_of(CredentialsMode::developer), sentence_of(CredentialsMode::tenant)));
}

Result<std::string> app_key_of(const NewApp& wanted) {
    if (!wanted.app_key) return generate_app_key();
    std::string key{trim(*wanted.app_key)};
    if (auto text = check_free_text("app key", key, app_key_limit); !text) return text.error();
    return key;
}

/// What the person says of a new app, checked.
struct Checked {
    App app;
    std::vector<std::string> scopes;
};

Result<Checked> check(Transaction& tx, const NewApp& wanted) {
    App app;
    app.name = wanted.name;
    app.organization = wanted.organization;
    app.homepage = wanted.homepage;
    if (auto fields = check_app_fields(app); !fields) return fields.error();
    const auto mode = mode_of(wanted.credentials);
    if (!mode) return mode.error();
    app.credentials = *mode;
    auto scopes = catalogue_of(tx).check(wanted.scopes);
    if (!scopes) return scopes.error();
    auto key = app_key_of(wanted);
    if (!key) return key.error();
    app.app_key = *std::move(key);
    auto guid = wanted.external_data_guid ? parse_guid(*wanted.external_data_guid) : generate_guid();
    if (!guid) return guid.error();
    app.external_data_guid = *std::move(guid);
    return Checked{std::move(app), *std::move(scopes)};
}

bool is_same(const App& there, const AppVersion& version, const Checked& checked, const NewApp& wanted) {
    const auto& app = checked.app;
    return there.organization == app.organization && there.homepage == app.homepage &&
           there.credentials == app.credentials && version.scopes == checked.scopes &&
           (!wanted.app_key || there.app_key == app.app_key) &&
           (!wanted.external_data_guid || there.external_data_guid == app.external_data_guid);
}

/// An app that is not the caller's to see gives nothing away but that its name is taken.
Result<AppWithVersion> existing(Transaction& tx, const Standing& standing, const App& there, const Checked& checked,
                                const NewApp& wanted) {
    const bool is_seen = standing.sees(there);
    auto version = current_version(tx, there);
    if (wanted.if_not_exists && is_seen && is_same(there, version, checked, wanted)) {
        return AppWithVersion{there, std::move(version)};
    }
    return refuse(Errc::already_exists, fmt::format("app {} exists", there.name),
                  is_seen ? fmt::format("jeton app show {}", there.name) : "choose another name");
}

/// For how long the peer was made a developer: an app that it creates gives it no longer role. Absent: without end.
std::optional<std::chrono::seconds> life_as_developer(Transaction& tx, const Peer& peer, UtcSeconds now) {
    std::optional<std::chrono::seconds> longest;
    const auto at = judged_at(tx, now);
    for (const auto& grant : roles::candidates(tx, peer.uid)) {
        if (grant.role != Role::developer || grant.is_expired(at) || !lacks(grant, peer).empty()) continue;
        if (!grant.expires_at) return std::nullopt;
        longest = std::max(longest.value_or(std::chrono::seconds{0}), *grant.expires_at - at);
    }
    return longest;
}

/// Operators need no role of the app; whoever else creates one is its developer.
Result<void> make_developer(Transaction& tx, const Peer& peer, const Standing& standing, const App& app,
                            UtcSeconds now) {
    if (standing.is_operator()) return {};
    WantedRole wanted;
    wanted.role = name_of(Role::developer);
    wanted.app = app.name;
    wanted.identity.user = peer.name();
    wanted.identity.uid = peer.uid;
    const auto granted = grant_role(tx, peer, wanted, life_as_developer(tx, peer, now), now);
    if (!granted) return granted.error();
    return {};
}

}  // namespace

Result<AppWithVersion> create_app(Transaction& tx, const Peer& peer, const Standing& standing, const NewApp& wanted,
                                  UtcSeconds now) {
    auto checked = check(tx, wanted);
    if (!checked) return checked.error();
    auto& app = checked->app;
    if (const auto there = apps::find(tx, app.name)) return existing(tx, standing, *there, *checked, wanted);

    app.id = AppId::fresh();
    app.created_at = now;
    const AppVersion version{AppVersionId::fresh(), app.id, 1, std::move(checked->scopes), now, peer.name()};
    tx.insert(app);
    tx.insert(version);
    record(tx, peer, {.event = "app.created", .subject = app.name, .detail = join_scope(version.scopes)}, now);
    if (auto made = make_developer(tx, peer, standing, app, now); !made) return made.error();
    return AppWithVersion{std::move(app), version, true};
}

Result<EditedApp> edit_app(Transaction& tx, const Peer& peer, std::string_view name, const AppEdit& edit,
                           UtcSeconds now) {
    auto before = find_app(tx, name);
    if (!before) return before.error();
    EditedApp edited{*before, {}};
    auto& app = edited.app;
    app.organization = edit.organization.value_or(app.organization);
    app.homepage = edit.homepage.value_or(app.homepage);
    if (edit.credentials) {
        const auto mode = mode_of(*edit.credentials);
        if (!mode) return mode.error();
        app.credentials = *mode;
    }
    if (auto fields = check_app_fields(app); !fields) return fields.error();
    if (app.organization != before->organization) edited.changed.emplace_back("organization");
    if (app.homepage != before->homepage) edited.changed.emplace_back("homepage");
    if (app.credentials != before->credentials) edited.changed.emplace_back("credentials");
    if (edited.changed.empty()) return edited;
    tx.update(app);
    record(tx, peer,
           {.event = "app.edited",
            .subject = app.name,
            .detail = fmt::format("{}; credentials: {}", fmt::join(edited.changed, ", "), name_of(app.credentials))},
           now);
    return edited;
}

Result<DeletedApp> delete_app(Transaction& tx, const Peer& peer, std::string_view name, UtcSeconds now,
                              bool if_never_allowed) {
    const auto app = find_app(tx, name);
    if (!app) return app.error();
    const auto connections = connections::of_app(tx, app->id);
    if (if_never_allowed) {
        if (auto nobodys = check_never_allowed(tx, app->name, connections); !nobodys) return nobodys.error();
    }
    DeletedApp deleted;
    auto& erased = deleted.erased;
    for (const auto& connection : connections) {
        deleted.connections.push_back(connection.id);
        erase_connection(tx, connection, erased);
    }
    for (const auto& pattern : bindings::of_app(tx, app->id)) {
        tx.erase(pattern);
        ++erased.bindings;
    }
    const auto grants = roles::of_app(tx, app->id);
    for (const auto& grant : grants) tx.erase(grant);
    const auto versions = app_versions::of(tx, app->id);
    for (const auto& version : versions) tx.erase(version);
    tx.erase(*app);
    record(tx, peer,
           {.event = "app.deleted",
            .subject = app->name,
            .detail = fmt::format(
                "{} versions, {} connections, {} secrets, {} pairs, {} tickets, {} bindings, {} roles", versions.size(),
                erased.connections, erased.secrets, erased.pairs, erased.tickets, erased.bindings, grants.size())},
           now);
    return deleted;
}

}  // namespace jeton::vault
