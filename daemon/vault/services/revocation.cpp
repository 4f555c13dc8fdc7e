#include "daemon/vault/services/revocation.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/revoked_tokens.hpp"

namespace jeton::vault {
namespace {

constexpr std::int64_t forgotten_at_once = 1000;
constexpr std::int64_t forgotten_beside = 20;  ///< while somebody waits

/// What the caller may revoke tokens of, in one environment.
struct Client {
    Environment environment;
    std::optional<Authenticated> authenticated;  ///< one connection …
    std::vector<Binding> bindings;               ///< … or those of a peer that names none

    /// How it may, for the audit; nothing where it may not.
    [[nodiscard]] std::optional<std::string> may_revoke_of(const Connection& connection) const {
        if (authenticated) {
            if (authenticated->found.connection.id != connection.id) return std::nullopt;
            return authenticated->via;
        }
        const auto holding =
            std::ranges::find_if(bindings, [&](const Binding& binding) { return is_for(binding, connection); });
        if (holding == bindings.end()) return std::nullopt;
        return "binding " + holding->id.brief();
    }
};

bool names_nothing(const TokenRequest& client) {
    return client.authentication == ClientAuthentication::peer && client.client_id.empty() && !client.connection;
}

Error nothing_of_theirs(const Peer& peer) {
    return refuse(Errc::invalid_client,
                  fmt::format("no binding lets {} (uid {}) get tokens of this environment, so none is theirs to revoke",
                              peer.name(), peer.uid),
                  "who got it revokes it; or, by operator, developer or tenant-admin: jeton revoke --connection "
                  "APP/TENANT@ENVIRONMENT");
}

/// A token says which connection it is of: a bound peer need not name one, nor have a default.
Result<Client> client_of(Transaction& tx, const Peer& peer, const TokenRequest& request, UtcSeconds now) {
    if (names_nothing(request) && request.environment) {
        auto environment = environments::find(tx, *request.environment);
        auto holding = bindings_of(tx, peer, now);
        std::erase_if(holding, [&](const Binding& binding) {
            return binding.kind == BindingKind::introspection || !environment || binding.environment != environment->id;
        });
        if (!holding.empty()) return Client{*std::move(environment), std::nullopt, std::move(holding)};
    }
    auto authenticated = authenticate(tx, peer, request, now);
    if (!authenticated && authenticated.error().code == Errc::invalid_client && names_nothing(request)) {
        return nothing_of_theirs(peer);
    }
    if (!authenticated) return authenticated.error();
    auto environment = authenticated->found.environment;
    return Client{std::move(environment), *std::move(authenticated), {}};
}

/// A token that would be active if its connection is.
struct Living {
    VerifiedToken token;
    FoundConnection found;
};

std::optional<Living> living(Transaction& tx, const Environment& environment, std::string_view text, UtcSeconds now) {
    auto token = verify_access_token(environment, published_keys(tx, environment, now), text, {now, tx.high_water()});
    if (!token) return std::nullopt;
    auto connection = connections::by_client_id(tx, environment.id, token->client_id);
    if (!connection || connection->token_generation != token->generation) return std::nullopt;
    if (revoked_tokens::get(tx, token->id)) return std::nullopt;
    return Living{*std::move(token), complete(tx, *std::move(connection))};
}

std::int64_t erase(Transaction& tx, const std::vector<RevokedToken>& rows) {
    for (const auto& row : rows) tx.erase(row);
    return static_cast<std::int64_t>(rows.size());
}

/// Their rows say nothing any more.
void end_all(Transaction& tx, Connection& connection) {
    ++connection.token_generation;
    tx.update(connection);
    erase(tx, revoked_tokens::of_connection(tx, connection.id));
}

Error elsewhere(const FoundConnection& found) {
    return refuse(
        Errc::unsupported_token_type,
        fmt::format("the tokens of {} are issued elsewhere: nothing was revoked", found.environment.name),
        fmt::format("revoke it at its issuer; that the daemon forgets it: jeton revoke --connection {}", found.name()));
}

Error elsewhere(const Client& client) {
    if (client.authenticated) return elsewhere(client.authenticated->found);
    return refuse(
        Errc::unsupported_token_type,
        fmt::format("the tokens of {} are issued elsewhere: nothing was revoked", client.environment.name),
        "revoke it at its issuer; that the daemon forgets it: jeton revoke --connection APP/TENANT@ENVIRONMENT");
}

}  // namespace

Result<void> revoke_token(Transaction& tx, const Peer& peer, const TokenRequest& request, std::string_view text,
                          UtcSeconds now) {
    const auto client = client_of(tx, peer, request, std::max(now, tx.high_water()));
    if (!client) return client.error();
    if (text.empty()) return refuse(Errc::invalid_request, "token is missing", "send the token in the form body");
    if (client->environment.kind != EnvironmentKind::local) return elsewhere(*client);
    auto alive = living(tx, client->environment, text, now);
    if (!alive) return {};
    auto& [token, found] = *alive;
    auto via = client->may_revoke_of(found.connection);
    if (!via) {
        auto error = refuse(Errc::unauthorized_client, "this token was not issued to you",
                            "only the client that a token was issued to revokes it");
        error.operator_note = fmt::format("a token of {}, ID {}", found.name(), token.id.text);
        return error;
    }
    auto detail = fmt::format("token ID {}", token.id.text);
    if (revoked_tokens::count(tx, found.connection.id) < revoked_tokens_limit) {
        tx.insert(
            RevokedToken{token.id, found.environment.id, found.connection.id, token.worthless_at, now, peer.name()});
        erase(tx, revoked_tokens::expired(tx, tx.high_water(), forgotten_beside));
    } else {
        end_all(tx, found.connection);
        detail += fmt::format("; {} were revoked before it: all issued so far end now", revoked_tokens_limit);
    }
    auto entry = entry_of(peer, about(found, "token.revoked", std::move(detail)), now);
    entry.via = *std::move(via);
    tx.append_audit(entry);
    return {};
}

Result<FoundConnection> revoke_all_tokens(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                          UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    end_all(tx, found->connection);
    record(tx, peer,
           about(*found, "token.revoked",
                 found->environment.kind == EnvironmentKind::local ? "all issued so far"
                                                                   : "all held so far are forgotten"),
           now);
    return found;
}

bool forget_expired_revocations(Transaction& tx, UtcSeconds now) {
    const auto gone = erase(tx, revoked_tokens::expired(tx, tx.high_water(), forgotten_at_once));
    if (gone == 0) return false;
    tx.append_audit(audit::own_entry(now, "token.revocations_expired", "store",
                                     fmt::format("{} revoked tokens have ended by themselves", gone)));
    return true;
}

}  // namespace jeton::vault
