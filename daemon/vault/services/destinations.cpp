#include "daemon/vault/services/destinations.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/keys/destination.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/secrets.hpp"

namespace jeton::vault {
namespace {

/// Associated data of stores before schema 3, which know the destination by its parts.
std::string old_text(const Environment& environment) {
    return fmt::format("{}\n{}\n{}\n{}", environment.id.text, environment.token_endpoint, environment.ca_file,
                       name_of(environment.client_auth));
}

SecretPlace place_at(const Secret& secret, const Environment& environment, std::string_view destination) {
    return {secret.id.text, fmt::format("{}\n{}", environment.id.text, destination), secret.key_generation};
}

std::vector<Secret> active_where(Transaction& tx, const FoundConnection& found, bool stranded) {
    auto all = secrets::of(tx, found.connection.id);
    std::erase_if(all, [&, at = tx.high_water()](const Secret& secret) {
        return !secret.is_active(at) || is_stranded(secret, found.environment) != stranded;
    });
    return all;
}

}  // namespace

std::string destination_of(const Environment& environment) {
    if (environment.kind == EnvironmentKind::local) return {};
    return destination_digest(environment.token_endpoint, environment.ca_file, name_of(environment.client_auth));
}

bool is_stranded(const Secret& secret, const Environment& environment) {
    return !secret.destination.empty() && secret.destination != destination_of(environment);
}

std::vector<Secret> usable_secrets(Transaction& tx, const FoundConnection& found) {
    return active_where(tx, found, false);
}

std::vector<Secret> stranded_secrets(Transaction& tx, const FoundConnection& found) {
    return active_where(tx, found, true);
}

std::string stranded_text(const Secret& secret, const FoundConnection& found) {
    return fmt::format(
        "{} was imported when {} had another token endpoint, CA file or client authentication, and is not sent to "
        "this one; import the pair anew: jeton secret import {} --client-id {}",
        secret.prefix, found.environment.name, found.name(), found.connection.client_id);
}

Error lacks_secret(Transaction& tx, const FoundConnection& found) {
    const auto stranded = stranded_secrets(tx, found);
    auto error = refuse(
        Errc::temporarily_unavailable,
        fmt::format("{} has no {}", found.name(), stranded.empty() ? "active secret" : "secret for its token endpoint"),
        fmt::format("ask the operator: jeton secret import {} --client-id ID", found.name()));
    if (!stranded.empty()) error.operator_note = stranded_text(stranded.back(), found);
    error.retry_after = 60;
    return error;
}

std::size_t count_stranded(Transaction& tx, const Environment& environment) {
    if (environment.kind != EnvironmentKind::upstream) return 0;
    std::set<ConnectionId> connections;
    for (const auto& secret : secrets::bound_elsewhere(tx, environment.id, destination_of(environment))) {
        if (secret.is_active(tx.high_water())) connections.insert(secret.connection);
    }
    std::erase_if(connections, [&](const ConnectionId& id) {
        return std::ranges::any_of(secrets::of(tx, id), [&](const Secret& secret) {
            return secret.is_active(tx.high_water()) && !is_stranded(secret, environment);
        });
    });
    return connections.size();
}

std::size_t count_bound(Transaction& tx, const Environment& environment) {
    std::set<ConnectionId> connections;
    for (const auto& secret : secrets::of_environment(tx, environment.id)) {
        const bool counts = secret.kind == SecretKind::value && secret.is_active(tx.high_water());
        if (counts && !is_stranded(secret, environment)) connections.insert(secret.connection);
    }
    return connections.size();
}

void name_destinations(Transaction& tx, const Environment& before) {
    for (auto& secret : secrets::of_environment(tx, before.id)) {
        if (secret.kind != SecretKind::value || !secret.destination.empty()) continue;
        const auto place = place_of(secret, before);
        const auto value = open(tx.data_key(before, place.place()), place.place(), secret.sealed);
        secret.destination = destination_of(before);
        secret.key_generation = before.key_generation;
        secret.sealed = seal(tx.data_key(before), place_of(secret, before).place(), value.span());
        tx.update(secret);
    }
}

ExchangeRequest sealed_request(Transaction& tx, const FoundConnection& found, const Secret& secret, std::string scope) {
    auto request = exchange_request(found, {}, std::move(scope));
    const auto destination = destination_digest(request.endpoint, request.ca_file, name_of(request.client_auth));
    const auto place = secret.destination.empty() ? place_of(secret, found.environment)
                                                  : place_at(secret, found.environment, destination);
    const auto value = open(tx.data_key(found.environment, place.place()), place.place(), secret.sealed);
    request.client_secret = SecretText{text_of(value.span())};
    return request;
}

SecretPlace place_of(const Secret& secret, const Environment& environment) {
    if (secret.kind == SecretKind::value && !secret.destination.empty()) {
        return place_at(secret, environment, secret.destination);
    }
    return {secret.id.text, secret.kind == SecretKind::value ? old_text(environment) : environment.id.text,
            secret.key_generation};
}

}  // namespace jeton::vault
