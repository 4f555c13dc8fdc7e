#include "daemon/vault/services/access.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/pauses.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/scopes.hpp"
#include "daemon/vault/services/secrets.hpp"
#include "daemon/vault/services/versions.hpp"
#include "daemon/vault/store/app_versions.hpp"

namespace jeton::vault {
namespace {

constexpr std::string_view by_admin = "admin";
constexpr std::string_view by_operator = "operator";
constexpr std::string_view by_portal = "portal";

/// Where consent comes from, and in whose words.
struct Consent {
    std::string_view source;
    std::string on_behalf_of;
    std::string reason;
    std::string for_audit;
};

std::string signed_list(const ScopeDifference& change) {
    std::string text;
    for (const auto& scope : change.added) text += fmt::format(" +{}", scope);
    for (const auto& scope : change.removed) text += fmt::format(" -{}", scope);
    return text.empty() ? text : ":" + text;
}

/// The admin's own decision, or an operator's who says for whom and why.
Result<Consent> consent_of(const Standing& standing, const FoundConnection& found, const Grounds& grounds) {
    if (auto texts = check_grounds(grounds); !texts) return texts.error();
    const auto side = side_of(standing, found, grounds);
    if (!side) return side.error();
    if (*side == Side::host && (grounds.on_behalf_of.empty() || grounds.reason.empty())) {
        return refuse(Errc::forbidden, fmt::format("consent for {} belongs to its admins", found.tenant_name().text()),
                      "say for whom you decide, and why: --on-behalf-of WHO --reason WHY");
    }
    return Consent{*side == Side::tenant ? by_admin : by_operator, grounds.on_behalf_of, grounds.reason,
                   described(*side, grounds)};
}

/// Against what was reviewed, where the app had such a version; else against what is accepted.
Error moved_on(Transaction& tx, const FoundConnection& found, std::int64_t reviewed, const AppVersion& offered) {
    auto known = app_versions::find(tx, found.app.id, reviewed);
    if (!known) known = accepted_version(tx, found.connection);
    const auto change = difference(known ? known->scopes : std::vector<std::string>{}, offered.scopes);
    return refuse(Errc::wrong_state,
                  fmt::format("you reviewed version {}, the app offers version {}{}", reviewed, offered.number,
                              signed_list(change)),
                  fmt::format("jeton access review {}", found.name()));
}

/// Makes `version` the accepted one. The caller has checked that this may be.
Allowed accept(Transaction& tx, const Peer& peer, FoundConnection found, const AppVersion& version,
               const Consent& consent, std::string event, UtcSeconds now) {
    auto& connection = found.connection;
    const auto name = found.name();
    if (connection.state == ConnectionState::connected && connection.accepted_version == version.number) {
        return {std::move(found), std::nullopt, fmt::format("{} accepted version {} before.", name, version.number)};
    }
    const bool is_upgrade = connection.state == ConnectionState::connected;
    connection.state = ConnectionState::connected;
    connection.accepted_version = version.number;
    connection.consent_source = consent.source;
    connection.consent_by = peer.name();
    connection.consent_on_behalf_of = consent.on_behalf_of;
    connection.consent_reason = consent.reason;
    connection.consent_at = now;
    if (connection.client_id.empty() && found.environment.kind == EnvironmentKind::local) {
        connection.client_id = generate_client_id();
    }
    tx.update(connection);
    record(tx, peer,
           about(found, std::move(event),
                 fmt::format("version {}: {}; {}", version.number, join_scope(version.scopes), consent.for_audit)),
           now);
    Allowed allowed{std::move(found), std::nullopt, {}};
    allowed.message = is_upgrade ? fmt::format("{} was upgraded to version {}.", name, version.number)
                                 : fmt::format("{} is connected with version {}.", name, version.number);
    if (allowed.found.connection.client_id.empty()) {
        allowed.message += fmt::format(" Its pair comes from the portal: jeton secret import {} --client-id ID", name);
    }
    return allowed;
}

std::vector<std::string> warnings_of(const Standing& standing, const Review& review) {
    std::vector<std::string> warnings;
    const auto& found = review.found;
    if (std::ranges::find(review.scopes, 'w', &ScopeView::access) != review.scopes.end()) {
        warnings.emplace_back("The app asks to change data, not only to read it.");
    }
    const auto pauses = pauses_of(found.connection);
    for (const auto& pause : pauses) {
        warnings.push_back(fmt::format("Access is disabled (paused) by {}: no token is issued until it is enabled.",
                                       described(pause)));
    }
    if (pauses.empty() && found.connection.state == ConnectionState::disabled) {
        warnings.emplace_back("Access is disabled (paused): no token is issued until it is enabled.");
    }
    if (!found.connection.listed) {
        warnings.push_back(
            fmt::format("The developer took tenant {} off the list of {}: it cannot be enabled before "
                        "it is added again.",
                        found.tenant_name().text(), found.app.name));
    }
    if (standing.host_operator && !standing.administers(found.tenant.id)) {
        warnings.push_back(fmt::format(
            "You are no admin of tenant {}: to decide for it, say for whom and why: --on-behalf-of WHO --reason WHY. "
            "It stands in the consent.",
            found.tenant_name().text()));
    }
    return warnings;
}

}  // namespace

Result<Review> review_access(Transaction& tx, const Standing& standing, const ConnectionName& name) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    const auto catalogue = catalogue_of(tx);
    const auto offered = current_version(tx, found->app);
    const auto accepted = accepted_version(tx, found->connection);
    Review review;
    review.offered_version = offered.number;
    review.scopes = catalogue.views_of(offered.scopes);
    if (accepted) {
        const auto change = difference(accepted->scopes, offered.scopes);
        review.added = catalogue.views_of(change.added);
        review.removed = catalogue.views_of(change.removed);
    }
    review.statement = fmt::format(
        "By allowing, you, as the admin (resource owner) of tenant {}, are granting access to the app {} of {}: it may "
        "operate on your resources (data).",
        found->tenant.tenant, found->app.name, found->app.organization);
    review.found = *std::move(found);
    review.warnings = warnings_of(standing, review);
    return review;
}

Result<Allowed> allow_access(Transaction& tx, const Peer& peer, const Standing& standing, const ConnectionName& name,
                             std::int64_t version, const Grounds& grounds, UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    const auto consent = consent_of(standing, *found, grounds);
    if (!consent) return consent.error();
    const auto offered = current_version(tx, found->app);
    if (version != offered.number) return moved_on(tx, *found, version, offered);
    if (found->connection.state == ConnectionState::disabled) return state_refusal(*found);

    const bool is_first = found->connection.state == ConnectionState::not_connected;
    auto allowed =
        accept(tx, peer, *std::move(found), offered, *consent, is_first ? "access.allowed" : "access.upgraded", now);
    const auto& made = allowed.found;
    if (is_first && made.environment.kind == EnvironmentKind::local &&
        made.app.credentials == CredentialsMode::tenant) {
        auto generated = add_generated_secret(tx, peer, made, now);
        allowed.client_secret = std::move(generated.value);
    }
    return allowed;
}

Result<FoundConnection> decline_access(Transaction& tx, const Peer& peer, const Standing& standing,
                                       const ConnectionName& name, const Grounds& grounds, UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    const auto consent = consent_of(standing, *found, grounds);
    if (!consent) return consent.error();
    record(
        tx, peer,
        about(*found, "access.declined", fmt::format("version {}; {}", found->app.current_version, consent->for_audit)),
        now);
    return found;
}

Result<Allowed> record_access(Transaction& tx, const Peer& peer, const ConnectionName& name,
                              const ConsentElsewhere& consent, UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (found->environment.kind == EnvironmentKind::local) {
        return refuse(Errc::wrong_state, fmt::format("consent of {} is given here", found->tenant_name().text()),
                      fmt::format("jeton access allow {} --version {}", name.text(), found->app.current_version));
    }
    if (consent.source != by_portal) {
        return refuse(Errc::bad_input, "this is no place where consent is given", "say --source portal");
    }
    if (auto note = check_free_text("note", consent.note, reason_limit); !note) return note.error();
    if (found->connection.state == ConnectionState::disabled) return state_refusal(*found);
    const auto version = app_versions::find(tx, found->app.id, consent.version);
    if (!version || version->number < found->connection.accepted_version) {
        return refuse(
            Errc::wrong_state,
            version ? fmt::format("{} accepted version {} already", name.text(), found->connection.accepted_version)
                    : fmt::format("{} has no version {}", name.app, consent.version),
            fmt::format("jeton access review {} names the version that the app offers", name.text()));
    }
    const Consent given{by_portal, {}, consent.note, fmt::format("recorded from the portal: {}", consent.note)};
    return accept(tx, peer, *std::move(found), *version, given, "access.recorded", now);
}

}  // namespace jeton::vault
