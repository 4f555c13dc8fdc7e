#include "daemon/vault/services/access.hpp"

#include <fmt/format.h>

#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/apps.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/secrets.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t reason_limit = 500;
constexpr std::size_t person_limit = 120;

std::vector<ScopeView> views_of(const std::vector<std::string>& scopes) {
    std::vector<ScopeView> views;
    views.reserve(scopes.size());
    for (const auto& scope : scopes) {
        // A scope that left the catalogue since it was published is still shown, under its own name.
        views.push_back(view_of(scope).value_or(ScopeView{scope, "Other", scope, scope.empty() ? 'r' : scope.back()}));
    }
    return views;
}

std::string signed_list(const ScopeDifference& change) {
    std::string text;
    for (const auto& scope : change.added) text += fmt::format(" +{}", scope);
    for (const auto& scope : change.removed) text += fmt::format(" -{}", scope);
    return text.empty() ? text : ":" + text;
}

Result<std::string> consent_source(const Peer& peer, const std::optional<OnBehalf>& on_behalf,
                                   const ConnectionName& name) {
    if (!on_behalf) {
        if (peer.daemon_user) return std::string{"admin"};
        return refuse(Errc::forbidden, fmt::format("consent for {} belongs to its admins", name.tenant.text()),
                      "say for whom you decide: --on-behalf-of WHO --reason WHY");
    }
    if (auto who = check_free_text("on-behalf-of", on_behalf->of, person_limit); !who) return who.error();
    if (auto why = check_free_text("reason", on_behalf->reason, reason_limit); !why) return why.error();
    return std::string{"operator"};
}

Change about(const FoundConnection& found, std::string event, std::string detail) {
    return {.event = std::move(event),
            .subject = found.name(),
            .connection = found.name(),
            .tenant = found.tenant_name().text(),
            .detail = std::move(detail)};
}

Result<FoundConnection> switch_state(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                     ConnectionState from, ConnectionState to, std::string event,
                                     const std::string& reason, UtcSeconds now) {
    if (auto text = check_free_text("reason", reason, reason_limit, true); !text) return text.error();
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (found->connection.state != from) {
        return refuse(Errc::wrong_state, fmt::format("{} is {}", name.text(), name_of(found->connection.state)),
                      fmt::format("jeton access review {}", name.text()));
    }
    found->connection.state = to;
    tx.update(found->connection);
    record(tx, peer, about(*found, std::move(event), reason), now);
    return found;
}

}  // namespace

Result<Review> review_access(Transaction& tx, const ConnectionName& name) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    const auto offered = current_version(tx, found->app);
    const auto accepted = accepted_version(tx, found->connection);
    Review review;
    review.offered_version = offered.number;
    review.scopes = views_of(offered.scopes);
    if (accepted) {
        const auto change = difference(accepted->scopes, offered.scopes);
        review.added = views_of(change.added);
        review.removed = views_of(change.removed);
    }
    review.statement = fmt::format(
        "By allowing, you, as the admin (resource owner) of tenant {}, are granting access to the app {} of {}: it may "
        "operate "
        "on your resources (data).",
        found->tenant.tenant, found->app.name, found->app.organization);
    for (const auto& scope : review.scopes) {
        if (scope.access == 'w') {
            review.warnings.emplace_back("The app asks to change data, not only to read it.");
            break;
        }
    }
    if (found->connection.state == ConnectionState::disabled) {
        review.warnings.emplace_back("Access is disabled (paused): no token is issued until it is enabled.");
    }
    review.found = *std::move(found);
    return review;
}

Result<Allowed> allow_access(Transaction& tx, const Peer& peer, const ConnectionName& name, std::int64_t version,
                             const std::optional<OnBehalf>& on_behalf, UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    const auto source = consent_source(peer, on_behalf, name);
    if (!source) return source.error();
    auto& connection = found->connection;
    const auto offered = current_version(tx, found->app);
    if (version != offered.number) {
        const auto accepted = accepted_version(tx, connection);
        const auto change = difference(accepted ? accepted->scopes : std::vector<std::string>{}, offered.scopes);
        return refuse(Errc::wrong_state,
                      fmt::format("you reviewed version {}, the app offers version {}{}", version, offered.number,
                                  signed_list(change)),
                      fmt::format("jeton access review {}", name.text()));
    }
    if (connection.state == ConnectionState::disabled) {
        return refuse(Errc::wrong_state, fmt::format("{} is disabled", name.text()),
                      fmt::format("jeton access enable {}", name.text()));
    }
    if (connection.state == ConnectionState::connected && connection.accepted_version == version) {
        return Allowed{*std::move(found), std::nullopt,
                       fmt::format("{} accepted version {} before.", name.text(), version)};
    }
    const bool is_upgrade = connection.state == ConnectionState::connected;
    connection.state = ConnectionState::connected;
    connection.accepted_version = version;
    connection.consent_source = *source;
    connection.consent_by = on_behalf ? on_behalf->of : peer.name();
    connection.consent_reason = on_behalf ? on_behalf->reason : "";
    connection.consent_at = now;
    if (connection.client_id.empty() && found->environment.kind == EnvironmentKind::local) {
        connection.client_id = generate_client_id();
    }
    tx.update(connection);
    record(tx, peer,
           about(*found, is_upgrade ? "access.upgraded" : "access.allowed",
                 fmt::format("version {}: {}", version, join_scope(offered.scopes))),
           now);

    Allowed allowed{std::move(*found), std::nullopt, {}};
    if (!is_upgrade && allowed.found.environment.kind == EnvironmentKind::local &&
        allowed.found.app.credentials == CredentialsMode::tenant) {
        auto generated = add_generated_secret(tx, peer, allowed.found, now);
        allowed.client_secret = std::move(generated.value);
    }
    allowed.message = is_upgrade ? fmt::format("{} was upgraded to version {}.", name.text(), version)
                                 : fmt::format("{} is connected with version {}.", name.text(), version);
    if (allowed.found.connection.client_id.empty()) {
        allowed.message +=
            fmt::format(" Its pair comes from the portal: jeton secret import {} --client-id ID", name.text());
    }
    return allowed;
}

Result<FoundConnection> decline_access(Transaction& tx, const Peer& peer, const ConnectionName& name, UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    record(tx, peer, about(*found, "access.declined", fmt::format("version {}", found->app.current_version)), now);
    return found;
}

Result<FoundConnection> disable_access(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                       const std::string& reason, UtcSeconds now) {
    return switch_state(tx, peer, name, ConnectionState::connected, ConnectionState::disabled, "access.disabled",
                        reason, now);
}

Result<FoundConnection> enable_access(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                      const std::string& reason, UtcSeconds now) {
    return switch_state(tx, peer, name, ConnectionState::disabled, ConnectionState::connected, "access.enabled", reason,
                        now);
}

}  // namespace jeton::vault
