#include "daemon/vault/services/secrets.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/secrets.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t client_id_limit = 200;
constexpr std::size_t client_secret_limit = 500;
constexpr std::size_t client_secret_least = 16;  // a prefix of eight must not give half of it away

std::size_t count_active(Transaction& tx, const Connection& connection, UtcSeconds now) {
    return static_cast<std::size_t>(std::ranges::count_if(secrets::of(tx, connection.id),
                                                          [&](const Secret& secret) { return secret.is_active(now); }));
}

Result<void> check_connected(const FoundConnection& found) {
    const auto name = found.name();
    if (found.connection.state == ConnectionState::not_connected) {
        return refuse(
            Errc::wrong_state, fmt::format("{}: Not Connected Yet", name),
            fmt::format("ask the admin of tenant {} to connect: jeton access review {}", found.tenant.tenant, name));
    }
    if (found.connection.state == ConnectionState::disabled) {
        return refuse(Errc::wrong_state, fmt::format("{} is disabled", name),
                      fmt::format("jeton access enable {}", name));
    }
    return {};
}

Result<void> check_room(Transaction& tx, const FoundConnection& found, UtcSeconds now) {
    if (count_active(tx, found.connection, now) < active_secrets_limit) return {};
    return refuse(Errc::wrong_state, "Only two active secrets are allowed at a time",
                  fmt::format("jeton secret deactivate {} PREFIX", found.name()));
}

bool is_credential(std::string_view value, std::size_t least, std::size_t most) {
    return value.size() >= least && value.size() <= most &&
           std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7f; });
}

Change about(const FoundConnection& found, std::string event, const Secret& secret) {
    return {.event = std::move(event),
            .subject = fmt::format("{} {}", found.name(), secret.prefix),
            .connection = found.name(),
            .tenant = found.tenant_name().text()};
}

Secret new_row(const Peer& peer, const FoundConnection& found, SecretKind kind, std::string_view value,
               UtcSeconds now) {
    Secret secret;
    secret.id = SecretId::fresh();
    secret.connection = found.connection.id;
    secret.kind = kind;
    secret.prefix = value.substr(0, secret_prefix_size);
    secret.created_at = now;
    secret.created_by = peer.name();
    return secret;
}

/// A client ID that names another tenant's connection would mix two customers (S3, P11).
Result<void> check_client_id_is_free(Transaction& tx, const FoundConnection& found, std::string_view client_id) {
    const auto owner = connections::by_client_id(tx, found.environment.id, client_id);
    if (!owner || owner->id == found.connection.id) return {};
    return refuse(Errc::already_exists, fmt::format("this client ID belongs to {}", complete(tx, *owner).name()),
                  "each tenant needs its own pair: ask the tenant's admin for theirs");
}

}  // namespace

SecretPlace place_of(const Secret& secret, const Environment& environment) {
    auto text = environment.id.text;
    if (secret.kind == SecretKind::value) {
        text = fmt::format("{}\n{}\n{}\n{}", text, environment.token_endpoint, environment.ca_file,
                           name_of(environment.client_auth));
    }
    return {secret.id.text, std::move(text), environment.key_generation};
}

Result<GeneratedSecret> generate_secret(Transaction& tx, const Peer& peer, const ConnectionName& name, UtcSeconds now) {
    const auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (found->environment.kind == EnvironmentKind::upstream) {
        return refuse(Errc::wrong_state,
                      fmt::format("the secrets of {} are made by its portal", name.tenant.environment),
                      fmt::format("make one there, then: jeton secret import {} --client-id ID", name.text()));
    }
    if (auto connected = check_connected(*found); !connected) return connected.error();
    if (auto room = check_room(tx, *found, now); !room) return room.error();
    return add_generated_secret(tx, peer, *found, now);
}

GeneratedSecret add_generated_secret(Transaction& tx, const Peer& peer, const FoundConnection& found, UtcSeconds now) {
    auto value = generate_client_secret();
    auto secret = new_row(peer, found, SecretKind::verifier, value.reveal(), now);
    const auto place = place_of(secret, found.environment);
    secret.sealed = make_verifier(tx.data_key(found.environment), place.place(), value.reveal());
    tx.insert(secret);
    record(tx, peer, about(found, "secret.generated", secret), now);
    return {std::move(secret), std::move(value)};
}

Result<FoundConnection> check_import(Transaction& tx, const ConnectionName& name, const ImportedPair& pair,
                                     UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (found->environment.kind == EnvironmentKind::local) {
        return refuse(Errc::wrong_state,
                      fmt::format("the secrets of {} are made by jeton itself", name.tenant.environment),
                      fmt::format("jeton secret generate {}", name.text()));
    }
    if (auto connected = check_connected(*found); !connected) return connected.error();
    if (!is_credential(trim(pair.client_id), 1, client_id_limit)) {
        return refuse(Errc::bad_input, "the client ID is empty or holds characters that no client ID has",
                      "copy it from the portal again");
    }
    if (!is_credential(trim(pair.client_secret), client_secret_least, client_secret_limit)) {
        return refuse(Errc::bad_input, "the client secret is too short or holds characters that no client secret has",
                      "copy it from the portal again, and give it on standard input");
    }
    if (pair.overlap && *pair.overlap > overlap_max)
        return refuse(Errc::bad_input, "no such overlap", "give 0 to 720 h");
    if (auto free = check_client_id_is_free(tx, *found, trim(pair.client_id)); !free) return free.error();
    const auto active = count_active(tx, found->connection, now);
    if (active > 0 && found->connection.client_id != trim(pair.client_id)) {
        return refuse(Errc::wrong_state, fmt::format("{} has an active secret of another client ID", name.text()),
                      fmt::format("jeton secret list {}, then deactivate what the new pair replaces", name.text()));
    }
    if (auto room = check_room(tx, *found, now); !room && !pair.overlap) return room.error();
    return found;
}

Result<Secret> import_secret(Transaction& tx, const Peer& peer, const ConnectionName& name, const ImportedPair& pair,
                             UtcSeconds now) {
    auto found = check_import(tx, name, pair, now);
    if (!found) return found.error();
    if (pair.overlap) {
        for (auto older : secrets::of(tx, found->connection.id)) {
            if (!older.is_active(now)) continue;
            const auto end = now + *pair.overlap;
            older.deactivates_at = older.deactivates_at ? std::min(*older.deactivates_at, end) : end;
            tx.update(older);
        }
        if (auto room = check_room(tx, *found, now); !room) return room.error();
    }
    const auto value = trim(pair.client_secret);
    auto secret = new_row(peer, *found, SecretKind::value, value, now);
    const auto place = place_of(secret, found->environment);
    secret.sealed = seal(tx.data_key(found->environment), place.place(), bytes_of(value));
    if (found->connection.client_id != trim(pair.client_id)) {
        found->connection.client_id = trim(pair.client_id);
        tx.update(found->connection);
    }
    tx.insert(secret);
    record(tx, peer, about(*found, "secret.imported", secret), now);
    return secret;
}

Result<Secret> deactivate_secret(Transaction& tx, const Peer& peer, const ConnectionName& name, std::string_view prefix,
                                 UtcSeconds now) {
    const auto found = find_connection(tx, name);
    if (!found) return found.error();
    std::vector<Secret> matching;
    for (auto& secret : secrets::of(tx, found->connection.id)) {
        if (secret.prefix == prefix && secret.is_active(now)) matching.push_back(std::move(secret));
    }
    if (matching.empty()) {
        return refuse(
            Errc::not_found,
            fmt::format("{} has no active secret {}", name.text(), log::escape(prefix.substr(0, secret_prefix_size))),
            fmt::format("jeton secret list {}", name.text()));
    }
    auto& secret = matching.front();
    secret.state = SecretState::deactivated;
    secret.deactivates_at = now;
    tx.update(secret);
    record(tx, peer, about(*found, "secret.deactivated", secret), now);
    return std::move(secret);
}

std::optional<Secret> newest_active(Transaction& tx, const Connection& connection, UtcSeconds now) {
    auto all = secrets::of(tx, connection.id);
    for (auto& secret : std::views::reverse(all)) {
        if (secret.is_active(now)) return std::move(secret);
    }
    return std::nullopt;
}

}  // namespace jeton::vault
