#include "daemon/vault/services/tokens.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/services/environments.hpp"
#include "daemon/vault/services/versions.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/signing_keys.hpp"

namespace jeton::vault {
namespace {

/// A token is handed out again until this much of its life is left: programs refuse tokens that end within five
/// minutes.
constexpr std::chrono::seconds refresh_margin{300};
/// While a token is replaced ahead of need, the old one is repeated this long at a time.
constexpr std::chrono::seconds reuse_while_refreshing{2};

/// All that the accepted version allows, or the part of it that was asked for (S42).
Result<std::vector<std::string>> granted_scopes(Transaction& tx, const FoundConnection& found,
                                                const std::string& asked) {
    const auto version = accepted_version(tx, found.connection);
    if (!version) {
        return refuse(Errc::unauthorized_client, fmt::format("{}: Not Connected Yet", found.name()),
                      "ask the tenant's admin to connect");
    }
    auto scopes = split_scope(asked);
    if (!scopes) return scopes.error();
    if (scopes->empty()) return version->scopes;
    for (const auto& scope : *scopes) {
        if (!std::ranges::binary_search(version->scopes, scope)) {
            // What was asked is not repeated: somebody may have put a secret there (T26).
            return refuse(
                Errc::invalid_scope,
                fmt::format("a scope that was asked is not in the accepted version {}", version->number),
                fmt::format("ask for less, or have the tenant allow more: jeton access review {}", found.name()));
        }
    }
    return scopes;
}

Result<std::string> audience_of(const FoundConnection& found, const std::vector<std::string>& resources) {
    for (const auto& resource : resources) {
        if (resource != found.environment.issuer || found.environment.kind != EnvironmentKind::local) {
            return refuse(Errc::invalid_target, "the resource is not known here",
                          found.environment.kind == EnvironmentKind::local
                              ? "leave it out, or use " + found.environment.issuer
                              : "leave it out");
        }
    }
    return found.environment.issuer;
}

IssuedToken answer_of(const Authenticated& client, SecretText token, std::chrono::seconds left, std::string scope) {
    IssuedToken issued;
    issued.access_token = std::move(token);
    issued.left = left;
    issued.reuse = std::max(std::chrono::seconds{0}, left - refresh_margin);
    issued.scope = std::move(scope);
    issued.connection = client.found.name();
    issued.app_key = client.found.app.app_key;
    issued.secret_prefix = client.credential;
    issued.via = client.via;
    return issued;
}

TokenDecision issue_local(Transaction& tx, const Authenticated& client, const std::vector<std::string>& scopes,
                          std::string audience, UtcSeconds now) {
    const auto& environment = client.found.environment;
    const auto keys = signing_keys::of(tx, environment.id);
    const auto& key = keys.at(0);
    const auto scope = join_scope(scopes);
    const auto token =
        sign_access_token(tx.data_key(environment, place_of(key, environment)), environment, key,
                          {client.found.connection.client_id, client.found.tenant.tenant, client.found.app.name, scope,
                           std::move(audience), client.found.connection.token_generation, tx.high_water() - now},
                          now);
    return {answer_of(client, SecretText{token}, local_token_life, scope), std::nullopt};
}

TokenFetch fetch_of(Transaction& tx, const FoundConnection& found, const Secret& secret, std::string key,
                    const std::string& scope) {
    return {std::move(key),   found.name(),         sealed_request(tx, found, secret, scope),
            found.connection, found.environment.id, destination_of(found.environment)};
}

/// A token of another tenant is the operator's alarm; the program, which did nothing wrong, may only wait.
Error told_to_program(Error failure) {
    if (failure.code != Errc::mismatch) return failure;
    auto error = refuse(Errc::temporarily_unavailable, "the token endpoint's answer was not for this connection",
                        "ask the operator: jeton audit list");
    error.retry_after = 60;
    error.operator_note = std::move(failure.what);
    return error;
}

Result<TokenDecision> issue_upstream(Transaction& tx, const Authenticated& client,
                                     const std::vector<std::string>& scopes, const TokenRequest& request,
                                     UpstreamTokens& upstream, const Clock& clock,
                                     const std::optional<Landing>& landed) {
    const auto& found = client.found;
    const auto usable = usable_secrets(tx, found);
    if (usable.empty()) return lacks_secret(tx, found);
    const auto* secret = &usable.back();
    const auto asked = request.scope.empty() ? std::string{} : join_scope(scopes);
    const auto key = UpstreamTokens::key_of(found.connection, *secret, asked);
    const auto* held = upstream.find(key, clock);
    const auto left = held != nullptr ? held->expires.left(clock) : std::chrono::seconds{0};
    const bool rejected = held != nullptr && !request.rejected_token.empty() &&
                          equal_constant_time(held->token.access_token.reveal(), request.rejected_token);
    const bool short_lived = held != nullptr && left < std::min(std::chrono::seconds{request.min_ttl},
                                                                held->token.life - std::chrono::seconds{1});

    const auto serve = [&] {
        const auto& scope = held->token.scope.empty() ? join_scope(scopes) : held->token.scope;
        return answer_of(client, held->token.access_token.copy(), left, scope);
    };
    if (landed) {
        if (held != nullptr && !rejected) return TokenDecision{serve(), std::nullopt};
        if (landed->failure) return told_to_program(*landed->failure);
        return refuse(Errc::temporarily_unavailable, "the token endpoint gave a token that has ended already",
                      "check the clocks of both hosts");
    }
    const auto cooling = upstream.cooling(found.environment.id, clock);
    const bool must_force = rejected || short_lived;
    if (held != nullptr && !must_force) {
        TokenDecision decision{serve(), std::nullopt};
        if (left <= std::min(refresh_margin, held->token.life / 3)) {
            decision.token->reuse = std::min(left, reuse_while_refreshing);
            if (!cooling) decision.fetch = fetch_of(tx, found, *secret, key, asked);
        }
        return decision;
    }
    if (cooling) {
        if (held != nullptr && !rejected) return TokenDecision{serve(), std::nullopt};
        return *cooling;
    }
    if (must_force && !upstream.may_force(key, clock)) {
        if (!rejected) return TokenDecision{serve(), std::nullopt};
        auto error =
            refuse(Errc::temporarily_unavailable, "this token was replaced less than a minute ago", "try again later");
        error.retry_after = 60;
        return error;
    }
    return TokenDecision{std::nullopt, fetch_of(tx, found, *secret, key, asked)};
}

/// The connection that the answer is for, where it may still be used as it was asked for.
Result<FoundConnection> still_asked_for(Transaction& tx, const TokenFetch& fetch) {
    auto connection = connections::get(tx, fetch.connection.id);
    if (!connection) return unavailable(fmt::format("{} was taken away while its token was asked for", fetch.name), 1);
    auto found = complete(tx, *std::move(connection));
    if (found.connection.state != ConnectionState::connected) {
        return unavailable(fmt::format("{} was disabled while its token was asked for", fetch.name), 1);
    }
    if (destination_of(found.environment) != fetch.destination ||
        found.connection.form_fields != fetch.connection.form_fields) {
        return unavailable(fmt::format("what is asked for {} was changed while it was asked", fetch.name), 1);
    }
    return found;
}

AuditEntry alarm_of(const FoundConnection& found, const Error& mismatch, UtcSeconds now) {
    auto entry = audit::own_entry(now, "upstream.mismatch", found.name(), mismatch.what + "; " + mismatch.next);
    entry.connection = found.name();
    entry.tenant = found.tenant_name().text();
    entry.refused = true;
    return entry;
}

}  // namespace

Result<TokenDecision> decide_token(Transaction& tx, const Peer& peer, const TokenRequest& request,
                                   UpstreamTokens& upstream, const Clock& clock, const std::optional<Landing>& landed) {
    const auto now = judged_at(tx, clock.now());
    auto client = authenticate(tx, peer, request, now);
    if (!client) return client.error();
    const auto& found = client->found;
    if (found.connection.state != ConnectionState::connected) {
        auto refusal = state_refusal(found);
        refusal.code = Errc::unauthorized_client;
        return refusal;
    }
    auto scopes = granted_scopes(tx, found, request.scope);
    if (!scopes) return scopes.error();
    auto audience = audience_of(found, request.resources);
    if (!audience) return audience.error();
    auto decision = found.environment.kind == EnvironmentKind::local
                        ? Result<TokenDecision>{issue_local(tx, *client, *scopes, *std::move(audience), clock.now())}
                        : issue_upstream(tx, *client, *scopes, request, upstream, clock, landed);
    if (decision && decision->token && client->ends) {
        // A decision made on a secret, pair or binding that ends soon ends with it.
        decision->token->reuse = std::clamp(*client->ends - now, std::chrono::seconds{0}, decision->token->reuse);
    }
    return decision;
}

std::function<void(Transaction&)> lesson_of(const UpstreamToken& token, const ExpectedClaims& expected,
                                            const Environment& environment, UtcSeconds now) {
    if (token.issuer.empty() || !expected.issuer.empty()) return {};
    return [id = environment.id, destination = destination_of(environment), issuer = token.issuer,
            now](Transaction& tx) { learn_issuer(tx, id, destination, issuer, now); };
}

Landing land_token(Transaction& tx, const TokenFetch& fetch, const ExchangeAnswer& answer, const Upstreams& upstreams,
                   const Clock& clock) {
    const auto found = still_asked_for(tx, fetch);
    if (!found) return {found.error(), fetch.key};
    auto expected = expected_claims(tx, *found);
    expected.client_id = fetch.connection.client_id;
    auto token = judge(answer, expected, fetch.request.endpoint);
    if (!token) {
        if (!answer.our_own_fault) upstreams.tokens.note(fetch.environment, token.error(), clock);
        Landing landing{token.error(), fetch.key};
        if (token.error().code == Errc::mismatch) landing.alarm = alarm_of(*found, token.error(), clock.now());
        return landing;
    }
    upstreams.tokens.note(fetch.environment, std::nullopt, clock);
    if (fetch.request.scope.empty() && !token->scope.empty()) {
        auto granted = split_scope(token->scope);
        if (granted) upstreams.sightings.note_grant(fetch.connection.id, *std::move(granted), expected.scopes);
    }
    Landing landing{std::nullopt, fetch.key, lesson_of(*token, expected, found->environment, clock.now())};
    upstreams.tokens.put(fetch.key, fetch.connection, *std::move(token), clock);
    return landing;
}

}  // namespace jeton::vault
