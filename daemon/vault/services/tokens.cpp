#include "daemon/vault/services/tokens.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/services/environments.hpp"
#include "daemon/vault/services/kept_tokens.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/services/versions.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/connections.hpp"

namespace jeton::vault {
namespace {

/// While a token is replaced ahead of need, the old one is repeated this long at a time.
constexpr std::chrono::seconds reuse_while_refreshing{2};

struct GrantedScopes {
    std::vector<std::string> scopes;  ///< sorted
    bool all = false;                 ///< they are all that the accepted version allows
    bool named = false;               ///< the request named them
};

/// All that the accepted version allows, or the part of it that was asked for (S42).
Result<GrantedScopes> granted_scopes(Transaction& tx, const FoundConnection& found, const std::string& asked) {
    const auto version = accepted_version(tx, found.connection);
    if (!version) {
        return refuse(Errc::unauthorized_client, fmt::format("{}: Not Connected Yet", found.name()),
                      "ask the tenant's admin to connect");
    }
    auto scopes = split_scope(asked);
    if (!scopes) return scopes.error();
    if (scopes->empty()) return GrantedScopes{version->scopes, true, false};
    for (const auto& scope : *scopes) {
        if (!std::ranges::binary_search(version->scopes, scope)) {
            // What was asked is not repeated: somebody may have put a secret there (T26).
            return refuse(
                Errc::invalid_scope,
                fmt::format("a scope that was asked is not in the accepted version {}", version->number),
                fmt::format("ask for less, or have the tenant allow more: jeton access review {}", found.name()));
        }
    }
    const bool all = scopes->size() == version->scopes.size();
    return GrantedScopes{*std::move(scopes), all, true};
}

/// Whom the token is for (RFC 8707 §2): what was asked for, each once, or the environment itself.
Result<std::vector<std::string>> audience_of(const Environment& environment, const std::vector<std::string>& asked) {
    std::vector<std::string> audience;
    for (const auto& resource : asked) {
        if (!has_resource(environment, resource)) {
            // What was asked is not repeated: somebody may have put a secret there (T26).
            return refuse(
                Errc::invalid_target, "a resource that was asked for is not known here",
                environment.kind == EnvironmentKind::local
                    ? fmt::format("leave it out, or name one of {}", fmt::join(resources_of(environment), ", "))
                    : "leave it out: its token endpoint says whom its tokens are for");
        }
        if (std::ranges::find(audience, resource) == audience.end()) audience.push_back(resource);
    }
    if (audience.empty()) audience.push_back(environment.issuer);
    return audience;
}

/// A token is handed out again until the margin of its life is left: programs refuse tokens that end within five
/// minutes.
IssuedToken answer_of(const Authenticated& client, SecretText token, std::chrono::seconds left,
                      std::chrono::seconds life, std::string scope) {
    IssuedToken issued;
    issued.access_token = std::move(token);
    issued.left = left;
    issued.reuse = std::max(std::chrono::seconds{0}, left - UpstreamTokens::margin_of(life));
    issued.scope = std::move(scope);
    issued.connection = client.found.name();
    issued.app_key = client.found.app.app_key;
    issued.secret_prefix = client.credential;
    issued.via = client.via;
    return issued;
}

TokenDecision issue_local(Transaction& tx, const Authenticated& client, const std::vector<std::string>& scopes,
                          std::vector<std::string> audience, UtcSeconds now) {
    const auto& environment = client.found.environment;
    const auto key = signing_key_of(tx, environment);
    const auto scope = join_scope(scopes);
    const auto token =
        sign_access_token(tx.data_key(environment, place_of(key, environment)), environment, key,
                          {client.found.connection.client_id, client.found.tenant.tenant, client.found.app.name, scope,
                           std::move(audience), client.found.connection.token_generation, tx.high_water() - now},
                          now);
    return {answer_of(client, SecretText{token}, local_token_life, local_token_life, scope), std::nullopt};
}

/// A token of another tenant is the operator's alarm; the program, which did nothing wrong, may only wait.
Error told_to_program(Error failure) {
    if (failure.code != Errc::mismatch) return failure;
    auto error = refuse(Errc::temporarily_unavailable, "the token endpoint's answer was not for this connection",
                        "ask the operator: jeton audit list");
    error.retry_after = failure.retry_after.value_or(60);
    error.operator_note = std::move(failure.what);
    return error;
}

Error wait_and_try_again(std::string what, std::chrono::seconds wait) {
    auto error = refuse(Errc::temporarily_unavailable, std::move(what), "try again later");
    error.retry_after = static_cast<int>(std::max<std::int64_t>(1, wait.count()));
    return error;
}

/// Of what is asked of the upstream for one connection: with which secret, for which scopes.
class Upstream {
public:
    Upstream(Transaction& tx, const FoundConnection& found, UpstreamTokens& tokens, const Clock& clock)
        : tx_(tx), found_(found), tokens_(tokens), clock_(clock), secrets_(usable_secrets(tx, found)) {
        std::ranges::reverse(secrets_);  // the newest first
    }

    [[nodiscard]] bool has_secret() const { return !secrets_.empty(); }

    /// A held token of any active secret, the newest first: what was given to one of them is the connection's.
    [[nodiscard]] const UpstreamTokens::Held* held(const GrantedScopes& granted, TokenKey& key) {
        for (const auto& secret : secrets_) {
            for (const auto& scopes : keys_for(granted)) {
                key = UpstreamTokens::token_key(found_.connection, secret, scopes);
                const auto* held = tokens_.find(key.text(), clock_);
                if (held != nullptr && (!key.scopes.empty() || !granted.named || covers(*held, granted.scopes)))
                    return held;
            }
        }
        return nullptr;
    }

    /// The newest secret that the upstream has not refused; where it has refused them all, the newest whose pause is
    /// over; nullptr: none may be sent now.
    [[nodiscard]] const Secret* preferred() const {
        const auto& refusals = tokens_.refusals();
        for (const auto& secret : secrets_) {
            if (refusals.find(secret.id.text) == nullptr) return &secret;
        }
        for (const auto& secret : secrets_) {
            if (!refusals.standing(secret.id.text, clock_)) return &secret;
        }
        return nullptr;
    }
    /// Why there is no preferred one.
    [[nodiscard]] Error refusal() const { return *tokens_.refusals().standing(secrets_.front().id.text, clock_); }

    /// What is asked for where nothing fits: nothing particular, unless a token that was given for that is known to
    /// be for less than is wanted.
    [[nodiscard]] TokenKey wanted(const GrantedScopes& granted, const Secret& secret) {
        auto key = UpstreamTokens::token_key(found_.connection, secret, {});
        if (!granted.all) {
            key.scopes = join_scope(granted.scopes);
        } else if (granted.named) {
            const auto* held = tokens_.find(key.text(), clock_);
            if (held != nullptr && !covers(*held, granted.scopes)) key.scopes = join_scope(granted.scopes);
        }
        return key;
    }

    /// Why `key` is not asked for now.
    [[nodiscard]] std::optional<Error> closed(const TokenKey& key) const {
        if (auto cooling = tokens_.endpoints().cooling(found_.environment.token_endpoint, clock_)) return cooling;
        return tokens_.refusals().standing(key.text(), clock_);
    }

    [[nodiscard]] TokenFetch fetch(const TokenKey& key, const Secret& secret) {
        return {key,
                found_.name(),
                secret.prefix,
                sealed_request(tx_, found_, secret, key.scopes),
                found_.connection,
                found_.environment.id,
                destination_of(found_.environment),
                tokens_.drops(found_.connection.id)};
    }

    /// The request that replaces what is held, while it is served.
    [[nodiscard]] std::optional<TokenFetch> fetch_ahead(std::string_view scopes) {
        const auto* secret = has_secret() ? preferred() : nullptr;
        if (secret == nullptr) return std::nullopt;
        const auto key = UpstreamTokens::token_key(found_.connection, *secret, scopes);
        if (closed(key)) return std::nullopt;
        return fetch(key, *secret);
    }

private:
    /// Whoever names all that is allowed is served by what was given to who asked for nothing, where that covers it,
    /// and the other way round: two keys only where the upstream makes a difference.
    [[nodiscard]] static std::vector<std::string> keys_for(const GrantedScopes& granted) {
        auto named = join_scope(granted.scopes);
        if (!granted.all) return {std::move(named)};
        return {std::string{}, std::move(named)};
    }
    /// RFC 6749 §5.1: an answer without a scope grants what was asked; who asked for nothing takes it as it is.
    [[nodiscard]] static bool covers(const UpstreamTokens::Held& held, const std::vector<std::string>& scopes) {
        if (held.scope.empty()) return true;
        const auto granted = split_scope(held.scope);
        return granted && std::ranges::includes(*granted, scopes);
    }

    Transaction& tx_;
    const FoundConnection& found_;
    UpstreamTokens& tokens_;
    const Clock& clock_;
    std::vector<Secret> secrets_;
};

/// What `landed` tells who waited for `key`; nothing where it was another secret's, so that this one is still to be
/// tried.
std::optional<Error> last_word(const Landing& landed, const TokenKey& key, bool rejected) {
    const bool may_try_another = !landed.failure || landed.failure->code == Errc::invalid_client;
    if (landed.flight != key.text() && may_try_another) return std::nullopt;
    if (landed.failure) return landed.failure;
    return wait_and_try_again(rejected ? "the token endpoint gave the same token again"
                                       : "the token endpoint gave a token that has ended already",
                              std::chrono::seconds{rejected ? 60 : 5});
}

Result<TokenDecision> issue_upstream(Transaction& tx, const Authenticated& client, const GrantedScopes& granted,
                                     const TokenRequest& request, UpstreamTokens& tokens, const Clock& clock,
                                     const std::optional<Landing>& landed) {
    const auto& found = client.found;
    load_tokens(tx, tokens, found.connection.id, clock);
    Upstream upstream{tx, found, tokens, clock};
    if (!upstream.has_secret()) return lacks_secret(tx, found);

    TokenKey held_key;
    const auto* held = upstream.held(granted, held_key);
    const auto left = held != nullptr ? held->expires.left(clock) : std::chrono::seconds{0};
    const bool rejected = held != nullptr && !request.rejected_token.empty() &&
                          equal_constant_time(tokens.open(*held).reveal(), request.rejected_token);
    // More than the upstream gives is not asked for again and again.
    const bool short_lived =
        held != nullptr && left < std::min(std::chrono::seconds{request.min_ttl}, held->life - std::chrono::seconds{1});
    const auto serve = [&] {
        tokens.note_use(held_key.text(), clock);
        const auto& scope = held->scope.empty() ? join_scope(granted.scopes) : held->scope;
        return TokenDecision{answer_of(client, tokens.open(*held), left, held->life, scope), std::nullopt};
    };
    /// Where nothing better can be had, a token that the caller did not reject is better than nothing.
    const auto serve_or = [&](Error refusal) -> Result<TokenDecision> {
        if (held != nullptr && !rejected) return serve();
        return told_to_program(std::move(refusal));
    };
    if (held != nullptr && !rejected && (!short_lived || (landed && !landed->outdated))) {
        auto decision = serve();
        if (left <= UpstreamTokens::margin_of(held->life)) {
            decision.token->reuse = std::min(left, reuse_while_refreshing);
            if (!landed) decision.fetch = upstream.fetch_ahead(held_key.scopes);
        }
        return decision;
    }

    const auto* secret = upstream.preferred();
    if (secret == nullptr) return serve_or(landed && landed->failure ? *landed->failure : upstream.refusal());
    const auto key = upstream.wanted(granted, *secret);
    if (landed && !landed->outdated) {
        if (auto answer = last_word(*landed, key, rejected)) return serve_or(*std::move(answer));
    }
    if (auto closed = upstream.closed(key)) return serve_or(*std::move(closed));
    if (!landed && (rejected || short_lived) && !tokens.may_force(held_key.text(), clock)) {
        return serve_or(wait_and_try_again("this token was replaced less than a minute ago",
                                           tokens.force_pause(held_key.text(), clock)));
    }
    if (const auto full = tokens.too_many_keys(key, clock)) {
        return serve_or(wait_and_try_again(
            fmt::format("{} was asked for with 16 sets of scopes a short while ago: ask for one of them", found.name()),
            *full));
    }
    return TokenDecision{std::nullopt, upstream.fetch(key, *secret)};
}

/// The daemon's own word in the audit: a secret that was taken for good is not.
void tell_of_refused_secret(Transaction& tx, const std::string& connection, const std::string& prefix,
                            const Error& refusal, UtcSeconds now) {
    auto entry = audit::own_entry(now, "secret.refused", fmt::format("{} {}", connection, prefix),
                                  fmt::format("{}; another active secret is used where there is one", refusal.what));
    entry.connection = connection;
    entry.tenant = connection.substr(connection.find('/') + 1);
    tx.append_audit(entry);
}

void chain(Landing& landing, std::function<void(Transaction&)> more) {
    if (!landing.keep) {
        landing.keep = std::move(more);
        return;
    }
    landing.keep = [first = std::move(landing.keep), second = std::move(more)](Transaction& tx) {
        first(tx);
        second(tx);
    };
}

/// What a refused or failed request says: of the secret, of what was asked, or of the endpoint.
Landing file_failure(const TokenFetch& fetch, const ExchangeAnswer& answer, Error failure, UpstreamTokens& tokens,
                     const Clock& clock) {
    Landing landing{std::move(failure), fetch.key.text()};
    auto& error = *landing.failure;
    const auto& endpoint = fetch.request.endpoint;
    if (answer.our_own_fault) return landing;
    if (error.code == Errc::temporarily_unavailable) {
        if (tokens.endpoints().failed(endpoint, error, answer.status == 429, answer.asked_at, clock)) {
            if (auto cooling = tokens.endpoints().cooling(endpoint, clock)) error = *std::move(cooling);
        } else {
            (void)tokens.refusals().note(fetch.key.text(), fetch.connection.id.text, error, clock);
        }
        return landing;
    }
    tokens.endpoints().answered(endpoint, error.what, answer.asked_at, clock);
    const bool is_secret = error.code == Errc::invalid_client;
    const auto& refused = is_secret ? fetch.key.secret.text : fetch.key.text();
    const bool is_news = tokens.refusals().note(refused, fetch.connection.id.text, error, clock);
    if (is_secret && is_news) {
        chain(landing, [fetch_name = fetch.name, prefix = fetch.secret_prefix, error, now = clock.now()](
                           Transaction& tx) { tell_of_refused_secret(tx, fetch_name, prefix, error, now); });
    }
    return landing;
}

/// What an answer that nobody wants any more says of the endpoint all the same: whoever waited would ask again at once.
void note_health(const std::string& endpoint, const ExchangeAnswer& answer, Endpoints& endpoints, const Clock& clock) {
    if (answer.our_own_fault) return;
    const auto judged = judge(answer, {}, endpoint);
    if (!judged && judged.error().code == Errc::temporarily_unavailable) {
        (void)endpoints.failed(endpoint, judged.error(), answer.status == 429, answer.asked_at, clock);
    } else {
        endpoints.answered(endpoint, judged ? std::string{} : judged.error().what, answer.asked_at, clock);
    }
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
    const FrozenClock frozen{clock};
    const auto now = judged_at(tx, frozen.now());
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
    auto audience = audience_of(found.environment, request.resources);
    if (!audience) return audience.error();
    auto decision =
        found.environment.kind == EnvironmentKind::local
            ? Result<TokenDecision>{issue_local(tx, *client, scopes->scopes, *std::move(audience), frozen.now())}
            : issue_upstream(tx, *client, *scopes, request, upstream, frozen, landed);
    if (decision && decision->token && client->ends) {
        // A decision made on a secret, pair or binding that ends soon ends with it.
        decision->token->reuse = std::clamp(*client->ends - now, std::chrono::seconds{0}, decision->token->reuse);
    }
    return decision;
}

std::optional<TokenFetch> fetch_ahead(Transaction& tx, const TokenKey& key, UpstreamTokens& upstream,
                                      const Clock& clock) {
    const FrozenClock frozen{clock};
    auto connection = connections::get(tx, key.connection);
    if (!connection || connection->state != ConnectionState::connected) return std::nullopt;
    const auto found = complete(tx, *std::move(connection));
    return Upstream{tx, found, upstream, frozen}.fetch_ahead(key.scopes);
}

std::function<void(Transaction&)> lesson_of(const UpstreamToken& token, const ExpectedClaims& expected,
                                            const Environment& environment, UtcSeconds now) {
    if (token.issuer.empty() || !expected.issuer.empty()) return {};
    return [id = environment.id, destination = destination_of(environment), issuer = token.issuer,
            now](Transaction& tx) { learn_issuer(tx, id, destination, issuer, now); };
}

Landing land_token(Transaction& tx, const TokenFetch& fetch, const ExchangeAnswer& answer, const Upstreams& upstreams,
                   const Clock& clock) {
    auto& tokens = upstreams.tokens;
    if (!is_wanted(fetch, tokens)) {
        note_health(fetch.request.endpoint, answer, tokens.endpoints(), clock);
        return {.failure = {}, .flight = fetch.key.text(), .outdated = true};
    }
    const auto found = still_asked_for(tx, fetch);
    if (!found) {
        note_health(fetch.request.endpoint, answer, tokens.endpoints(), clock);
        return {found.error(), fetch.key.text()};
    }
    auto expected = expected_claims(tx, *found);
    expected.client_id = fetch.connection.client_id;
    auto token = judge(answer, expected, fetch.request.endpoint);
    if (!token) {
        auto landing = file_failure(fetch, answer, token.error(), tokens, clock);
        if (token.error().code == Errc::mismatch) landing.alarm = alarm_of(*found, token.error(), clock.now());
        return landing;
    }
    tokens.endpoints().answered(fetch.request.endpoint, {}, answer.asked_at, clock);
    tokens.refusals().forget(fetch.key.secret.text);
    if (fetch.request.scope.empty() && !token->scope.empty()) {
        auto granted = split_scope(token->scope);
        if (granted) upstreams.sightings.note_grant(fetch.connection.id, *std::move(granted), expected.scopes);
    }
    Landing landing{std::nullopt, fetch.key.text(), lesson_of(*token, expected, found->environment, clock.now())};
    tokens.hold(fetch.key, *std::move(token), clock);
    if (tokens.find(fetch.key.text(), clock) == nullptr) {
        landing.failure = unavailable("the token endpoint gave a token that has ended already", 5);
        (void)tokens.refusals().note(fetch.key.text(), fetch.connection.id.text, *landing.failure, clock);
        return landing;
    }
    tokens.refusals().forget(fetch.key.text());
    chain(landing, [&tokens, &clock, key = fetch.key](Transaction& kept) { keep_token(kept, tokens, key, clock); });
    return landing;
}

}  // namespace jeton::vault
