#include "daemon/vault/services/pairs.hpp"

#include <fmt/format.h>

#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/sealing.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/pairs.hpp"

namespace jeton::vault {
namespace {

void record_change(Transaction& tx, const Peer& peer, const FoundConnection& found, const Pair& pair, std::string event,
                   UtcSeconds now) {
    record(tx, peer, about(found, pair.client_id, std::move(event), "for " + described(pair)), now);
}

}  // namespace

Result<CreatedPair> create_pair(Transaction& tx, const Peer& peer, const ConnectionName& name, const Identity& identity,
                                std::optional<std::chrono::seconds> life, UtcSeconds now) {
    if (auto checked = check_identity(identity); !checked) return checked.error();
    const auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (found->connection.state == ConnectionState::not_connected) return state_refusal(*found);
    Pair pair;
    static_cast<Identity&>(pair) = identity;
    if (life) pair.expires_at = end_after(tx, now, *life);
    auto value = generate_client_secret();
    pair.id = PairId::fresh();
    pair.connection = found->connection.id;
    pair.environment = found->environment.id;
    pair.client_id = generate_client_id();
    pair.key_generation = found->environment.key_generation;
    pair.prefix = value.reveal().substr(0, secret_prefix_size);
    pair.sealed = make_verifier(tx.data_key(found->environment), place_of(pair, found->environment), value.reveal());
    pair.created_at = now;
    pair.created_by = peer.name();
    tx.insert(pair);
    record_change(tx, peer, *found, pair, "pair.created", now);
    return CreatedPair{std::move(pair), std::move(value)};
}

Result<Pair> revoke_pair(Transaction& tx, const Peer& peer, std::string_view client_id, UtcSeconds now) {
    auto pair = pairs::by_client_id(tx, client_id);
    // What was typed is not repeated: it may be the secret, pasted into the wrong place.
    if (!pair) return refuse(Errc::not_found, "no local pair has this client ID", "jeton pair list");
    if (pair->revoked) {
        return refuse(Errc::wrong_state, fmt::format("{} was revoked before", pair->client_id), "jeton pair list");
    }
    pair->revoked = true;
    tx.update(*pair);
    record_change(tx, peer, connection_with(tx, pair->connection), *pair, "pair.revoked", now);
    return *std::move(pair);
}

std::string_view state_of(const Pair& pair, UtcSeconds now) {
    if (pair.revoked) return "revoked";
    return pair.is_expired(now) ? "expired" : "active";
}

bool is_right_secret(Transaction& tx, const Pair& pair, std::string_view value) {
    const auto environment = environments::get(tx, pair.environment);
    if (!environment) throw Tampered("pairs", pair.id.text);
    const auto place = place_of(pair, *environment);
    return check_verifier(tx.data_key(*environment, place), place, pair.sealed, value);
}

}  // namespace jeton::vault
