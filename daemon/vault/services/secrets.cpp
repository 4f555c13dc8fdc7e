#include "daemon/vault/services/secrets.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/shown.hpp"
#include "daemon/vault/services/client_ids.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/secrets.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t client_id_limit = 200;
constexpr std::size_t client_secret_limit = 500;
constexpr std::size_t client_secret_least = 16;  // a prefix of eight must not give half of it away

Result<void> check_room(Transaction& tx, const FoundConnection& found) {
    const auto active = usable_secrets(tx, found);
    if (active.size() < active_secrets_limit) return {};
    return refuse(Errc::wrong_state, "Only two active secrets are allowed at a time",
                  fmt::format("jeton secret deactivate {} {}", found.name(), active.front().prefix));
}

bool is_credential(std::string_view value, std::size_t least, std::size_t most) {
    return value.size() >= least && value.size() <= most &&
           std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// Listings and "the newest" go by this time, also after a restore, which brings rows in an order of its own: a clock
/// that was set back must not turn them around (T48), and no two of a connection are of the same second.
UtcSeconds behind_older_ones(Transaction& tx, const FoundConnection& found, UtcSeconds now) {
    const auto older = secrets::of(tx, found.connection.id);
    return older.empty() ? now : std::max(now, older.back().created_at + std::chrono::seconds{1});
}

Secret new_row(Transaction& tx, const Peer& peer, const FoundConnection& found, SecretKind kind, std::string_view value,
               UtcSeconds now) {
    Secret secret;
    secret.id = SecretId::fresh();
    secret.connection = found.connection.id;
    secret.kind = kind;
    secret.prefix = value.substr(0, secret_prefix_size);
    secret.created_at = behind_older_ones(tx, found, now);
    secret.created_by = peer.name();
    secret.key_generation = found.environment.key_generation;
    return secret;
}

/// What was imported for another destination is of no use any more; says which.
std::string end_stranded(Transaction& tx, const FoundConnection& found) {
    std::vector<std::string> prefixes;
    for (auto& secret : stranded_secrets(tx, found)) {
        end_secret(tx, secret, {});
        prefixes.push_back(secret.prefix);
    }
    return prefixes.empty() ? "" : fmt::format("ends {}, of another token endpoint", fmt::join(prefixes, ", "));
}

/// A local pair, taken from a program's settings, is worthless at the portal: it must not be sent there.
Result<void> check_is_no_local_pair(Transaction& tx, std::string_view client_id) {
    if (!pairs::by_client_id(tx, client_id)) return {};
    return refuse(Errc::bad_input, "this is a local pair, which jeton made for a program of this host",
                  "copy the pair from the portal");
}

bool is_copy_of(Transaction& tx, const Environment& environment, const Secret& other, const Secret& secret) {
    if (secret.kind != SecretKind::value || other.prefix != secret.prefix) return false;
    const auto place = place_of(secret, environment);
    const auto value = open(tx.data_key(environment, place.place()), place.place(), secret.sealed);
    return is_value_of(tx, environment, other, text_of(value.span()));
}

}  // namespace

bool is_value_of(Transaction& tx, const Environment& environment, const Secret& secret, std::string_view value) {
    const auto place = place_of(secret, environment);
    const auto& key = tx.data_key(environment, place.place());
    if (secret.kind == SecretKind::verifier) return check_verifier(key, place.place(), secret.sealed, value);
    return equal_constant_time(text_of(open(key, place.place(), secret.sealed).span()), value);
}

Result<void> check_connected(const FoundConnection& found) {
    if (found.connection.state != ConnectionState::connected) return state_refusal(found);
    return {};
}

Result<void> check_made_here(const FoundConnection& found, std::string_view option) {
    if (found.environment.kind == EnvironmentKind::local) return {};
    const auto& client_id = found.connection.client_id;
    return refuse(Errc::wrong_state, fmt::format("the secrets of {} are made by its portal", found.environment.name),
                  fmt::format("make one there, then: jeton secret import {} --client-id {}{}", found.name(),
                              client_id.empty() ? "ID" : client_id, option));
}

Result<void> check_generation(Transaction& tx, const FoundConnection& found) {
    if (auto here = check_made_here(found); !here) return here.error();
    if (auto connected = check_connected(found); !connected) return connected.error();
    return check_room(tx, found);
}

Result<GeneratedSecret> generate_secret(Transaction& tx, const Peer& peer, const ConnectionName& name, UtcSeconds now) {
    const auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (auto fit = check_generation(tx, *found); !fit) return fit.error();
    return add_generated_secret(tx, peer, *found, now);
}

GeneratedSecret add_generated_secret(Transaction& tx, const Peer& peer, const FoundConnection& found, UtcSeconds now,
                                     std::string via) {
    auto generated = insert_generated_secret(tx, peer, found, now);
    record_secret(tx, peer, found, generated.secret, {.name = "secret.generated", .via = std::move(via)}, now);
    return generated;
}

GeneratedSecret insert_generated_secret(Transaction& tx, const Peer& peer, const FoundConnection& found,
                                        UtcSeconds now) {
    auto value = generate_client_secret();
    auto secret = new_row(tx, peer, found, SecretKind::verifier, value.reveal(), now);
    const auto place = place_of(secret, found.environment);
    secret.sealed = make_verifier(tx.data_key(found.environment), place.place(), value.reveal());
    tx.insert(secret);
    return {std::move(secret), std::move(value)};
}

void end_secret(Transaction& tx, Secret& secret, std::chrono::seconds after) {
    const auto end = tx.high_water() + after;
    if (after.count() <= 0) secret.state = SecretState::deactivated;
    secret.deactivates_at = secret.deactivates_at ? std::min(*secret.deactivates_at, end) : end;
    tx.update(secret);
}

void record_secret(Transaction& tx, const Peer& peer, const FoundConnection& found, const Secret& secret,
                   const SecretEvent& event, UtcSeconds now) {
    auto entry =
        entry_of(peer, about(found, fmt::format("{} {}", found.name(), secret.prefix), event.name, event.detail), now);
    if (!event.via.empty()) entry.via = event.via;
    tx.append_audit(entry);
}

Result<void> check_pair(Transaction& tx, FoundConnection& found, const ImportedPair& pair) {
    const auto name = found.name();
    if (found.environment.kind == EnvironmentKind::local) {
        return refuse(Errc::wrong_state,
                      fmt::format("the secrets of {} are made by jeton itself", found.environment.name),
                      fmt::format("jeton secret generate {}", name));
    }
    if (auto connected = check_connected(found); !connected) return connected.error();
    if (!is_credential(trim(pair.client_id), 1, client_id_limit)) {
        return refuse(Errc::bad_input, "the client ID is empty or holds characters that no client ID has",
                      "copy it from the portal again");
    }
    if (!is_credential(trim(pair.client_secret), client_secret_least, client_secret_limit)) {
        return refuse(Errc::bad_input, "the client secret is too short or holds characters that no client secret has",
                      "copy it from the portal again, and give it on standard input");
    }
    if (auto own = check_is_no_local_pair(tx, trim(pair.client_id)); !own) return own.error();
    if (pair.overlap && *pair.overlap > overlap_max)
        return refuse(Errc::bad_input, "no such overlap", "give 0 to 720 h");
    auto wanted = found;
    wanted.connection.client_id = trim(pair.client_id);
    if (pair.form_fields) {
        auto fields = checked_form_fields(*pair.form_fields);
        if (!fields) return fields.error();
        wanted.connection.form_fields = form_field_texts(*fields);
    }
    if (auto own = check_client_id(tx, wanted); !own) return own.error();
    const bool has_active = !usable_secrets(tx, found).empty();
    if (has_active && found.connection.client_id != wanted.connection.client_id) {
        return refuse(Errc::wrong_state, fmt::format("{} has an active secret of another client ID", name),
                      fmt::format("jeton secret list {}, then deactivate what the new pair replaces", name));
    }
    if (auto room = check_room(tx, found); !room && !pair.overlap) return room.error();
    found.connection = std::move(wanted.connection);
    return {};
}

Result<FoundConnection> check_import(Transaction& tx, const ConnectionName& name, const ImportedPair& pair) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (auto fit = check_pair(tx, *found, pair); !fit) return fit.error();
    return found;
}

Result<Secret> import_secret(Transaction& tx, const Peer& peer, const ConnectionName& name, const ImportedPair& pair,
                             UtcSeconds now) {
    auto found = check_import(tx, name, pair);
    if (!found) return found.error();
    const auto stranded = end_stranded(tx, *found);
    if (pair.overlap) {
        for (auto& older : active_secrets(tx, found->connection)) end_secret(tx, older, *pair.overlap);
        if (auto room = check_room(tx, *found); !room) return room.error();
    }
    const auto value = trim(pair.client_secret);
    auto secret = new_row(tx, peer, *found, SecretKind::value, value, now);
    secret.destination = destination_of(found->environment);
    const auto place = place_of(secret, found->environment);
    secret.sealed = seal(tx.data_key(found->environment), place.place(), bytes_of(value));
    const auto before = connections::get(tx, found->connection.id);
    if (before->client_id != found->connection.client_id || before->form_fields != found->connection.form_fields) {
        tx.update(found->connection);
    }
    tx.insert(secret);
    record_secret(tx, peer, *found, secret, {.name = "secret.imported", .detail = stranded}, now);
    return secret;
}

Result<Secret> deactivate_secret(Transaction& tx, const Peer& peer, const ConnectionName& name, std::string_view prefix,
                                 UtcSeconds now) {
    const auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (prefix.size() != secret_prefix_size) {
        return refuse(Errc::bad_input,
                      fmt::format("a secret is named by its first {} characters, these are {}: nothing was deactivated",
                                  secret_prefix_size, prefix.size()),
                      fmt::format("jeton secret list {}; a whole secret that was typed stands in the history of the "
                                  "shell now",
                                  name.text()));
    }
    auto active = active_secrets(tx, found->connection);
    const auto secret = std::ranges::find(active, prefix, &Secret::prefix);
    if (secret == active.end()) {
        return refuse(Errc::not_found, fmt::format("{} has no active secret {}", name.text(), shown(prefix, 80)),
                      fmt::format("jeton secret list {}", name.text()));
    }
    const auto end = [&](Secret& one) {
        end_secret(tx, one, {});
        record_secret(tx, peer, *found, one, {.name = "secret.deactivated"}, now);
    };
    end(*secret);
    // What was imported once more is one secret in two rows.
    for (auto& other : active) {
        if (other.id != secret->id && is_copy_of(tx, found->environment, other, *secret)) end(other);
    }
    return std::move(*secret);
}

std::vector<Secret> active_secrets(Transaction& tx, const Connection& connection) {
    auto all = secrets::of(tx, connection.id);
    std::erase_if(all, [at = tx.high_water()](const Secret& secret) { return !secret.is_active(at); });
    return all;
}

}  // namespace jeton::vault
