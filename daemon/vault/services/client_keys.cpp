#include "daemon/vault/services/client_keys.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/shown.hpp"
#include "daemon/vault/issuer/public_key.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/client_keys.hpp"

namespace jeton::vault {
namespace {

void record_key(Transaction& tx, const Peer& peer, const FoundConnection& found, const ClientKey& key,
                std::string event, UtcSeconds now) {
    record(tx, peer, about(found, key.kid, std::move(event), std::string{name_of(key.algorithm)}), now);
}

Result<void> check_fit(const FoundConnection& found) {
    if (found.connection.state != ConnectionState::connected) return state_refusal(found);
    if (!found.connection.client_id.empty()) return {};
    return refuse(Errc::wrong_state,
                  fmt::format("{} has no client ID yet, which an assertion by this key would name", found.name()),
                  fmt::format("jeton secret import {} --client-id ID, then add the key", found.name()));
}

}  // namespace

std::string assertion_audience(const Environment& environment) {
    return environment.kind == EnvironmentKind::local ? environment.issuer : "http://localhost/" + environment.name;
}

std::string_view state_of(const ClientKey& key, UtcSeconds now) { return key.is_expired(now) ? "expired" : "active"; }

std::vector<ClientKey> active_client_keys(Transaction& tx, const ConnectionId& connection) {
    auto keys = client_keys::of(tx, connection);
    std::erase_if(keys, [at = tx.high_water()](const ClientKey& key) { return key.is_expired(at); });
    return keys;
}

Result<ClientKey> add_client_key(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                 std::string_view pem_or_jwk, std::optional<std::chrono::seconds> life,
                                 UtcSeconds now) {
    const auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (auto fit = check_fit(*found); !fit) return fit.error();
    auto read = read_public_key(pem_or_jwk);
    if (!read) return read.error();
    ClientKey key;
    key.id = ClientKeyId::fresh();
    key.connection = found->connection.id;
    key.kid = thumbprint(*read);
    key.algorithm = read->algorithm;
    key.public_key = std::move(read->encoded);
    key.created_at = now;
    key.created_by = peer.name();
    if (life) key.expires_at = end_after(tx, now, *life);

    const auto active = active_client_keys(tx, found->connection.id);
    if (std::ranges::find(active, key.kid, &ClientKey::kid) != active.end()) {
        return refuse(Errc::already_exists, fmt::format("{} has this key already: {}", found->name(), key.kid),
                      fmt::format("jeton connection key list {}", found->name()));
    }
    if (active.size() >= active_client_keys_limit) {
        return refuse(Errc::wrong_state, "Only two active keys are allowed at a time",
                      fmt::format("jeton connection key remove {} {}", found->name(), active.front().kid));
    }
    for (const auto& expired : client_keys::of(tx, found->connection.id)) {
        if (expired.kid == key.kid) tx.erase(expired);
    }
    tx.insert(key);
    record_key(tx, peer, *found, key, "client_key.added", now);
    return key;
}

Result<ClientKey> remove_client_key(Transaction& tx, const Peer& peer, const ConnectionName& name, std::string_view kid,
                                    UtcSeconds now) {
    const auto found = find_connection(tx, name);
    if (!found) return found.error();
    auto keys = client_keys::of(tx, found->connection.id);
    const auto key = std::ranges::find(keys, kid, &ClientKey::kid);
    if (key == keys.end()) {
        return refuse(Errc::not_found, fmt::format("{} has no key {}", found->name(), shown(kid, 64)),
                      fmt::format("jeton connection key list {}", found->name()));
    }
    tx.erase(*key);
    record_key(tx, peer, *found, *key, "client_key.removed", now);
    return std::move(*key);
}

}  // namespace jeton::vault
