#include "daemon/vault/services/identify.hpp"

#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/pairs.hpp"
#include "daemon/vault/services/secrets.hpp"
#include "daemon/vault/services/tickets.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/tickets.hpp"

namespace jeton::vault {
namespace {

/// The rows of a connection, if `standing` sees it.
std::optional<FoundConnection> visible(Transaction& tx, const Standing& standing, const ConnectionId& id) {
    auto found = connection_with(tx, id);
    if (!standing.sees(found.connection)) return std::nullopt;
    return found;
}

std::string where_secret_leaked(const Standing& standing, const FoundConnection& found, const Secret& secret,
                                UtcSeconds at) {
    const bool is_local = secret.kind == SecretKind::verifier;
    if (!secret.is_active(at)) {
        return is_local ? "It is deactivated: nothing is left to do."
                        : "jeton does not use it any more. It still works at its issuer until it is deactivated there.";
    }
    if (auto may = may_configure(standing, found); !may) return "If it leaked: " + may.error().next;
    if (!is_local) {
        return fmt::format(
            "If it leaked: make a new one at the portal, give it to jeton (jeton secret import {} "
            "--client-id {} --now), and deactivate this one there.",
            found.name(), found.connection.client_id);
    }
    if (found.connection.state != ConnectionState::connected) {
        return fmt::format("If it leaked: jeton secret deactivate {} {}", found.name(), secret.prefix);
    }
    return fmt::format("If it leaked: jeton secret rotate {} --now", found.name());
}

/// A network of tenants shares one pair: all that somebody sees of them.
std::string shared_by(const std::set<std::string>& connections) {
    return fmt::format("{} connections: {}", connections.size(), fmt::join(connections, ", "));
}

std::optional<Identified> as_secret(Transaction& tx, const Standing& standing, std::string_view value) {
    const auto at = tx.high_water();
    std::optional<Identified> identified;
    std::set<std::string> active_in;
    for (const auto& secret : secrets::by_prefix(tx, value.substr(0, secret_prefix_size))) {
        const auto found = visible(tx, standing, secret.connection);
        if (!found || !is_value_of(tx, found->environment, secret, value)) continue;
        const bool is_active = secret.is_active(at);
        if (is_active) active_in.insert(found->name());
        // Imported twice: the active row is the one that counts.
        if (identified && !is_active) continue;
        identified =
            Identified{.kind = "client-secret",
                       .connection = found->name(),
                       .prefix = secret.prefix,
                       .state = std::string{name_of(is_active ? SecretState::active : SecretState::deactivated)},
                       .created_at = secret.created_at,
                       .used = usage::last_of(tx, secret.connection, secret.prefix),
                       .message = where_secret_leaked(standing, *found, secret, at)};
    }
    if (active_in.size() > 1) identified->message += fmt::format(" It serves {}.", shared_by(active_in));
    return identified;
}

Identified as_pair(Transaction& tx, const FoundConnection& found, const Pair& pair, std::string_view kind,
                   std::string message) {
    return {.kind = kind,
            .connection = found.name(),
            .state = std::string{state_of(pair, tx.high_water())},
            .created_at = pair.created_at,
            .used = usage::last_of(tx, pair.connection, pair.client_id),
            .message = std::move(message)};
}

std::optional<Identified> as_pair_secret(Transaction& tx, const Standing& standing, std::string_view value) {
    for (const auto& pair : pairs::by_prefix(tx, value.substr(0, secret_prefix_size))) {
        const auto found = visible(tx, standing, pair.connection);
        if (!found || !is_right_secret(tx, pair, value)) continue;
        const bool is_usable = state_of(pair, tx.high_water()) == "active";
        auto message = is_usable ? fmt::format(
                                       "It serves {} on this host alone. If it leaked, an operator ends it: "
                                       "jeton pair revoke {}",
                                       described(pair), pair.client_id)
                                 : "It is refused: nothing is left to do.";
        auto identified = as_pair(tx, *found, pair, "local-pair-secret", std::move(message));
        identified.prefix = pair.prefix;
        return identified;
    }
    return std::nullopt;
}

std::optional<Identified> as_client_id(Transaction& tx, const Standing& standing, std::string_view value) {
    if (const auto pair = pairs::by_client_id(tx, value)) {
        const auto found = visible(tx, standing, pair->connection);
        if (!found) return std::nullopt;
        return as_pair(tx, *found, *pair, "client-id",
                       fmt::format("The client ID of a local pair for {}; no secret.", described(*pair)));
    }
    std::optional<Identified> identified;
    std::set<std::string> names;
    for (auto& connection : connections::of_client_id(tx, value)) {
        if (!standing.sees(connection)) continue;
        const auto found = complete(tx, std::move(connection));
        names.insert(found.name());
        if (identified) continue;
        identified = Identified{
            .kind = "client-id",
            .connection = found.name(),
            .state = std::string{name_of(found.connection.state)},
            .message = fmt::format("A client ID is no secret. Its secrets: jeton secret list {}", found.name())};
    }
    if (names.size() > 1) identified->message += fmt::format(". It is the one of {}.", shared_by(names));
    return identified;
}

std::optional<Identified> as_app_key(Transaction& tx, const Standing& standing, std::string_view value) {
    for (const auto& app : apps::list(tx)) {
        if (app.app_key != value || !standing.sees(app)) continue;
        return Identified{.kind = "app-key",
                          .created_at = app.created_at,
                          .message = fmt::format(
                              "The app key of {}. It goes beside every token and grants nothing alone.", app.name)};
    }
    return std::nullopt;
}

std::optional<Identified> as_ticket(Transaction& tx, const Standing& standing, std::string_view value) {
    if (!has_valid_checksum(value)) return std::nullopt;
    for (const auto& ticket : tickets::list(tx)) {
        const auto found = visible(tx, standing, ticket.connection);
        if (!found || !is_text_of(tx, found->environment, ticket, value)) continue;
        const auto state = state_of(ticket, tx.high_water());
        return Identified{
            .kind = "ticket",
            .connection = found->name(),
            .state = std::string{state},
            .created_at = ticket.created_at,
            .message = state == name_of(TicketState::open)
                           ? fmt::format("Only user {} can claim it: jeton ticket claim. To take it back: "
                                         "jeton ticket revoke {}",
                                         ticket.user, ticket.id.text)
                           : fmt::format("It opens nothing any more. It was for user {}.", ticket.user)};
    }
    return std::nullopt;
}

std::string unknown_message(std::optional<bool> valid_checksum) {
    if (!valid_checksum) return "Nothing that you may see here has this value.";
    if (!*valid_checksum) return "It begins like a value of jeton, but characters are missing or mistyped.";
    return "A jeton made it, but nothing that you may see here has this value (any more).";
}

}  // namespace

Identified identify(Transaction& tx, const Standing& standing, std::string_view value) {
    value = trim(value);
    std::optional<Identified> identified;
    for (const auto lookup : {as_secret, as_pair_secret, as_client_id, as_app_key, as_ticket}) {
        if (!value.empty()) identified = lookup(tx, standing, value);
        if (identified) break;
    }
    if (!identified) identified.emplace();
    identified->valid_checksum = checksum_holds(value);
    if (identified->message.empty()) identified->message = unknown_message(identified->valid_checksum);
    return *std::move(identified);
}

}  // namespace jeton::vault
