#include "daemon/vault/services/authentication.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/client_assertion.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/pairs.hpp"
#include "daemon/vault/services/secrets.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/secrets.hpp"

namespace jeton::vault {
namespace {

Error invalid_request(std::string what, std::string next) {
    return refuse(Errc::invalid_request, std::move(what), std::move(next));
}

Error invalid_client(std::string what, std::string next, std::string operator_note) {
    auto error = refuse(Errc::invalid_client, std::move(what), std::move(next));
    error.operator_note = std::move(operator_note);
    return error;
}

std::string seen(const Peer& peer) {
    return peer.user.empty() ? fmt::format("uid {}", peer.uid) : fmt::format("user {} (uid {})", peer.user, peer.uid);
}

/// Path, host alias and connection name one environment, or the request contradicts itself.
Result<std::optional<Environment>> environment_of(Transaction& tx, const TokenRequest& request,
                                                  const std::optional<ConnectionName>& connection) {
    std::optional<Environment> chosen;
    if (request.environment) {
        chosen = environments::find(tx, *request.environment);
        // One that does not exist has no client and no binding: nobody learns more of it than of any other.
        if (!chosen) chosen.emplace().name = *request.environment;
    }
    if (auto by_host = environments::by_host(tx, request.host)) {
        if (chosen && chosen->id != by_host->id) {
            return invalid_request("host and path name different environments", "use one of them");
        }
        chosen = std::move(by_host);
    }
    if (connection && chosen && chosen->name != connection->tenant.environment) {
        return invalid_request("the connection belongs to another environment than host or path",
                               "use the one it belongs to");
    }
    return chosen;
}

/// The client ID's connections in `environment`, or in the only environment that knows it where none is named. Several
/// where a network of tenants shares it.
std::vector<Connection> connections_of_client(Transaction& tx, const std::optional<Environment>& environment,
                                              std::string_view client_id) {
    if (environment) return connections::of_client_id(tx, environment->id, client_id);
    auto known = connections::of_client_id(tx, client_id);
    const bool in_one =
        std::ranges::all_of(known, [&](const Connection& one) { return one.environment == known.front().environment; });
    if (!in_one) known.clear();
    return known;
}

/// For the operator only: where the pair does belong (S23, P10).
std::string note_on_unknown_client(Transaction& tx, const std::optional<Environment>& environment,
                                   std::string_view client_id) {
    for (const auto& connection : connections::of_client_id(tx, client_id)) {
        if (environment && connection.environment == environment->id) continue;
        if (const auto other = environments::get(tx, connection.environment)) {
            return fmt::format("the client ID is known in environment {}, not in {}", other->name,
                               environment ? environment->name : "the one asked");
        }
    }
    return fmt::format("no connection has this client ID (it begins with {})", log::escape(client_id.substr(0, 8)));
}

/// For whoever has shown that it may know: a client ID alone does not say for which tenant the token is to be.
Error shared_client() {
    return invalid_request("this client ID is shared by several connections, and none is named",
                           "name the one that is meant: connection=APP/TENANT@ENVIRONMENT");
}

Error wrong_pair(std::string note) {
    return invalid_client("client ID and secret do not belong together here", "check the pair and its environment",
                          std::move(note));
}

/// The client ID's connections that may be meant: all of them, or the named one. `wrong` makes the refusal of the
/// operator's note.
Result<std::vector<Connection>> candidates_of(Transaction& tx, const std::optional<Environment>& environment,
                                              std::string_view client_id, const std::optional<ConnectionName>& name,
                                              Error (*wrong)(std::string)) {
    auto candidates = connections_of_client(tx, environment, client_id);
    if (candidates.empty()) return wrong(note_on_unknown_client(tx, environment, client_id));
    if (name) {
        const auto named = find_connection(tx, *name);
        const auto is_other = [&](const Connection& one) { return !named || one.id != named->connection.id; };
        if (std::ranges::all_of(candidates, is_other)) {
            const auto owner = complete(tx, std::move(candidates.front())).name();
            return wrong(fmt::format("the client ID belongs to {}, not to {}", owner, name->text()));
        }
        std::erase_if(candidates, is_other);
    }
    return candidates;
}

/// A local pair is worth something in the hands of its own identity alone.
Result<Authenticated> by_local_pair(Transaction& tx, const Peer& peer, const TokenRequest& request, const Pair& pair,
                                    const std::optional<Environment>& environment,
                                    const std::optional<ConnectionName>& name, UtcSeconds now) {
    auto found = connection_with(tx, pair.connection);
    const auto refused = [&](std::string_view why) {
        return wrong_pair(fmt::format("local pair {} of {}: {}", pair.client_id, found.name(), why));
    };
    if (!is_right_secret(tx, pair, request.client_secret)) return refused("wrong secret");
    if (environment && environment->id != found.environment.id) return refused("asked for another environment");
    if (name && name->text() != found.name()) return refused("asked for " + name->text());
    if (pair.revoked) return refused("revoked");
    if (pair.is_expired(now)) return refused("expired");
    if (peer.foreign) return refused("used in another PID namespace (a container)");
    if (const auto missing = lacks(pair, peer); !missing.empty()) return refused(missing.front());
    return Authenticated{std::move(found), pair.client_id, "pair " + pair.client_id, pair.expires_at};
}

/// The active secret of `found` that was presented, or why it is none.
Result<Secret> presented_secret(Transaction& tx, const FoundConnection& found, std::string_view value, UtcSeconds now) {
    for (auto& secret : secrets::of(tx, found.connection.id)) {
        if (!is_value_of(tx, found.environment, secret, value)) continue;
        if (secret.is_active(now)) return std::move(secret);
        return wrong_pair(fmt::format("{}: secret {} is deactivated", found.name(), secret.prefix));
    }
    return wrong_pair(fmt::format("{}: wrong client secret", found.name()));
}

Result<Authenticated> by_secret(Transaction& tx, const Peer& peer, const TokenRequest& request,
                                const std::optional<Environment>& environment,
                                const std::optional<ConnectionName>& name, UtcSeconds now) {
    if (const auto pair = pairs::by_client_id(tx, request.client_id)) {
        return by_local_pair(tx, peer, request, *pair, environment, name, now);
    }
    auto known = candidates_of(tx, environment, request.client_id, name, wrong_pair);
    if (!known) return known.error();
    auto& candidates = *known;
    const bool is_shared = candidates.size() > 1;
    auto refusal = wrong_pair({});
    for (auto& candidate : candidates) {
        auto found = complete(tx, std::move(candidate));
        auto secret = presented_secret(tx, found, request.client_secret, now);
        // Only who has the secret learns that the ID is shared.
        if (secret && is_shared) return shared_client();
        if (secret)
            return Authenticated{std::move(found), secret->prefix, "secret " + secret->prefix, secret->deactivates_at};
        refusal = secret.error();
        refusal.connection = found.name();
    }
    return refusal;
}

/// One answer for everything: what was wrong is the operator's to know, and whether the client exists is not told.
Error wrong_assertion(std::string note, std::string connection) {
    auto error =
        invalid_client("the client assertion is not accepted",
                       "check iss, sub, aud (the issuer alone), exp, jti and the key; the operator finds the reason "
                       "with jeton audit list",
                       "client assertion: " + std::move(note));
    error.connection = std::move(connection);
    return error;
}

/// An assertion that holds is good for this request, once.
Result<Authenticated> use_assertion(Transaction& tx, const TokenRequest& request, FoundConnection found,
                                    const ClientAssertion& assertion, const ClientKey& key, ShownAt at) {
    if (!request.is_resumed) {
        const auto used = use_client_assertion(tx, found, assertion, at);
        if (!used && used.error().code != Errc::invalid_client) return used.error();
        if (!used) return wrong_assertion(fmt::format("{}: {}", found.name(), used.error().what), found.name());
    }
    return Authenticated{std::move(found), key.kid, "key " + key.kid, key.expires_at};
}

/// RFC 7523 §2.2: whoever holds the private key of the connection's client.
Result<Authenticated> by_assertion(Transaction& tx, const TokenRequest& request,
                                   const std::optional<Environment>& environment,
                                   const std::optional<ConnectionName>& name, UtcSeconds now) {
    const auto assertion = read_client_assertion(request.client_assertion);
    if (!assertion) return wrong_assertion(assertion.error().what, {});
    if (!request.client_id.empty() && request.client_id != assertion->client_id) {
        return wrong_assertion("client_id is not its sub", {});
    }
    auto candidates = candidates_of(tx, environment, assertion->client_id, name,
                                    [](std::string note) { return wrong_assertion(std::move(note), {}); });
    if (!candidates) return candidates.error();
    const ShownAt at{request.asked_at == UtcSeconds{} ? now : request.asked_at, now};
    const bool is_shared = candidates->size() > 1;
    auto refusal = wrong_assertion({}, {});
    for (auto& candidate : *candidates) {
        auto found = complete(tx, std::move(candidate));
        const auto key =
            check_client_assertion(tx, found, *assertion, request.is_resumed ? std::nullopt : std::optional{at});
        if (key && is_shared) return shared_client();
        if (key) return use_assertion(tx, request, std::move(found), *assertion, *key, at);
        refusal = wrong_assertion(fmt::format("{}: {}", found.name(), key.error().what), found.name());
    }
    return refusal;
}

Error no_binding(const Peer& peer, const std::optional<ConnectionName>& name) {
    const auto connection = name ? name->text() : "CONNECTION";
    const auto place = peer.foreign ? " in another PID namespace (a container)" : "";
    const auto unit = peer.unit.empty() ? std::string{} : fmt::format(" of unit {}", peer.unit);
    return invalid_client(
        fmt::format("{}{}{} has no binding{}", seen(peer), unit, place, name ? " for " + name->text() : ""),
        // The process that asked has often ended when somebody reads this: its user and unit are still there.
        fmt::format("ask the operator: jeton explain {} --user {}{}", connection, peer.name(),
                    peer.unit.empty() ? std::string{} : " --unit " + peer.unit),
        {});
}

Authenticated by(const Binding& binding, FoundConnection found) {
    return {std::move(found), {}, "binding " + binding.id.brief(), binding.expires_at};
}

/// The one that holds for `peer` and is for `connection`; those for it alone before patterns.
std::optional<Binding> binding_for(Transaction& tx, const Peer& peer, const Connection& connection, UtcSeconds now) {
    const auto at = judged_at(tx, now);
    for (const auto& candidates : {bindings::of_connection(tx, connection.id),
                                   bindings::of_pattern(tx, connection.app, connection.environment)}) {
        const auto holding =
            std::ranges::find_if(candidates, [&](const Binding& one) { return lacks(one, peer, at).empty(); });
        if (holding != candidates.end()) return *holding;
    }
    return std::nullopt;
}

/// The connection that the request names, by its name or its client ID, if one of the peer's bindings is for it. The
/// others are not looked at: there may be thousands.
Result<Authenticated> by_named_binding(Transaction& tx, const Peer& peer, const TokenRequest& request,
                                       const std::optional<Environment>& environment,
                                       const std::optional<ConnectionName>& name, UtcSeconds now) {
    std::vector<Connection> meant;
    if (!name) {
        meant = connections_of_client(tx, environment, request.client_id);
    } else if (auto named = find_connection(tx, *name)) {
        meant.push_back(std::move(named->connection));
    }
    std::vector<std::pair<Connection, Binding>> bound;
    for (auto& one : meant) {
        if (!request.client_id.empty() && one.client_id != request.client_id) continue;
        auto binding = binding_for(tx, peer, one, now);
        if (binding) bound.emplace_back(std::move(one), *std::move(binding));
    }
    if (bound.empty()) return no_binding(peer, name);
    if (bound.size() > 1) return shared_client();
    return by(bound.front().second, complete(tx, std::move(bound.front().first)));
}

/// The peer grant: a binding of the attested identity stands for the secret.
Result<Authenticated> by_binding(Transaction& tx, const Peer& peer, const TokenRequest& request,
                                 const std::optional<Environment>& environment,
                                 const std::optional<ConnectionName>& name, UtcSeconds now) {
    if (name || !request.client_id.empty()) return by_named_binding(tx, peer, request, environment, name, now);
    const auto holds = [&, at = judged_at(tx, now)](const Binding& binding) {
        return binding.kind != BindingKind::introspection && (!environment || binding.environment == environment->id) &&
               lacks(binding, peer, at).empty();
    };
    auto defaults = bindings::defaults_for(tx, peer);
    std::erase_if(defaults, [&](const Binding& binding) { return !holds(binding); });
    if (defaults.size() == 1) return by(defaults.front(), connection_with(tx, defaults.front().connection));
    if (defaults.empty() && !bindings::first_for(tx, peer, holds)) return no_binding(peer, name);
    return invalid_request(fmt::format("{} has bindings, {} of them default here: no connection is chosen", seen(peer),
                                       defaults.empty() ? "none" : "several"),
                           "name one: connection=APP/TENANT@ENVIRONMENT");
}

}  // namespace

Result<Authenticated> authenticate(Transaction& tx, const Peer& peer, const TokenRequest& request, UtcSeconds now) {
    std::optional<ConnectionName> name;
    if (request.connection) {
        auto parsed = parse_connection_name(*request.connection);
        if (!parsed) return invalid_request(parsed.error().what, parsed.error().next);
        name = *std::move(parsed);
    }
    const auto environment = environment_of(tx, request, name);
    if (!environment) return environment.error();
    // The name's environment counts as asked for; one that does not exist matches no client and no binding.
    auto asked = *environment;
    if (!asked && name) asked = environments::find(tx, name->tenant.environment);
    if (request.authentication == ClientAuthentication::assertion) return by_assertion(tx, request, asked, name, now);
    if (request.authentication != ClientAuthentication::peer && !request.client_secret.empty()) {
        return by_secret(tx, peer, request, asked, name, now);
    }
    return by_binding(tx, peer, request, asked, name, now);
}

}  // namespace jeton::vault
