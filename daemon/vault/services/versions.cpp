#include "daemon/vault/services/versions.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/shown.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/scopes.hpp"
#include "daemon/vault/store/app_versions.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/faults.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t shown_limit = 80;  ///< characters of a wrong scope that are repeated

std::vector<std::string> sorted_unique(std::vector<std::string> scopes) {
    std::ranges::sort(scopes);
    scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
    return scopes;
}

/// Elements of one sorted list that are, or are not, in another one.
std::vector<std::string> common(const std::vector<std::string>& left, const std::vector<std::string>& right) {
    std::vector<std::string> both;
    std::ranges::set_intersection(left, right, std::back_inserter(both));
    return both;
}
std::vector<std::string> without(const std::vector<std::string>& left, const std::vector<std::string>& right) {
    std::vector<std::string> rest;
    std::ranges::set_difference(left, right, std::back_inserter(rest));
    return rest;
}

/// Both lists sorted and without doubles.
Result<void> check_change(const App& app, const AppVersion& current, const ScopeDifference& wanted) {
    const auto history = fmt::format("jeton app versions {}", app.name);
    if (wanted.added.empty() && wanted.removed.empty()) {
        return refuse(Errc::bad_input, "no scope is added or removed", "give --add or --remove with scopes");
    }
    if (const auto both = common(wanted.added, wanted.removed); !both.empty()) {
        return refuse(Errc::bad_input, fmt::format("{} is both added and removed", shown(both.front(), shown_limit)),
                      "name it on one side only");
    }
    if (const auto there = common(wanted.added, current.scopes); !there.empty()) {
        return refuse(Errc::wrong_state,
                      fmt::format("version {} of {} has {} already", current.number, app.name, there.front()), history);
    }
    if (const auto absent = without(wanted.removed, current.scopes); !absent.empty()) {
        return refuse(
            Errc::wrong_state,
            fmt::format("version {} of {} has no {}", current.number, app.name, shown(absent.front(), shown_limit)),
            history);
    }
    return {};
}

}  // namespace

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

Result<PublishedVersion> publish_version(Transaction& tx, const Peer& peer, std::string_view name,
                                         const std::vector<std::string>& add, const std::vector<std::string>& remove,
                                         UtcSeconds now) {
    auto app = find_app(tx, name);
    if (!app) return app.error();
    const auto current = current_version(tx, *app);
    const ScopeDifference change{sorted_unique(add), sorted_unique(remove)};
    if (auto sensible = check_change(*app, current, change); !sensible) return sensible.error();
    const auto catalogue = catalogue_of(tx);
    if (!change.added.empty()) {
        if (auto known = catalogue.check(change.added); !known) return known.error();
    }
    auto scopes = without(current.scopes, change.removed);
    scopes.insert(scopes.end(), change.added.begin(), change.added.end());
    std::ranges::sort(scopes);
    if (scopes.empty()) {
        return refuse(Errc::bad_input, "API Scopes are not selected", "leave the app at least one scope");
    }
    const AppVersion next{AppVersionId::fresh(), app->id, current.number + 1, std::move(scopes), now, peer.name()};
    app->current_version = next.number;
    tx.insert(next);
    tx.update(*app);
    std::vector<std::string> signs;
    signs.reserve(change.added.size() + change.removed.size());
    for (const auto& scope : change.added) signs.push_back("+" + scope);
    for (const auto& scope : change.removed) signs.push_back("-" + scope);
    record(tx, peer,
           {.event = "app.published",
            .subject = app->name,
            .detail = fmt::format("version {}: {}", next.number, fmt::join(signs, " "))},
           now);
    return PublishedVersion{*std::move(app), next, change};
}

std::vector<VersionOfApp> version_history(Transaction& tx, const App& app) {
    std::map<std::int64_t, std::int64_t> accepted;
    for (const auto& connection : connections::of_app(tx, app.id)) ++accepted[connection.accepted_version];
    auto versions = app_versions::of(tx, app.id);
    std::vector<VersionOfApp> history;
    history.reserve(versions.size());
    for (std::size_t i = 0; i < versions.size(); ++i) {
        VersionOfApp one{versions[i], {}, accepted[versions[i].number]};
        if (i + 1 < versions.size()) one.change = difference(versions[i + 1].scopes, versions[i].scopes);
        history.push_back(std::move(one));
    }
    return history;
}

}  // namespace jeton::vault
