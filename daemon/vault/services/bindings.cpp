#include "daemon/vault/services/bindings.hpp"

#include <fmt/format.h>

#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/bindings.hpp"

namespace jeton::vault {
namespace {

// systemd's DynamicUser= range (systemd.exec(5)): an id of it means another service tomorrow.
constexpr std::int64_t dynamic_uid_first = 61184;
constexpr std::int64_t dynamic_uid_last = 65519;
constexpr std::int64_t uid_overflow = 65534;
constexpr std::int64_t uid_max = 4294967294;

Result<void> check_uid(const NewBinding& wanted) {
    if (wanted.uid < 0 || wanted.uid > uid_max || wanted.uid == uid_overflow) {
        return refuse(Errc::bad_input, fmt::format("uid {} is nobody's identity", wanted.uid),
                      "name a user of this host");
    }
    if (wanted.uid >= dynamic_uid_first && wanted.uid <= dynamic_uid_last) {
        return refuse(Errc::bad_input, fmt::format("uid {} is handed out to services for a while only", wanted.uid),
                      "give the service a user of its own (User= in its unit)");
    }
    return {};
}

}  // namespace

Result<Binding> add_binding(Transaction& tx, const Peer& peer, const NewBinding& wanted, UtcSeconds now) {
    if (auto uid = check_uid(wanted); !uid) return uid.error();
    const auto found = find_connection(tx, wanted.connection);
    if (!found) return found.error();
    for (const auto& other : bindings::of_uid(tx, wanted.uid)) {
        if (other.connection == found->connection.id) {
            return refuse(Errc::already_exists, fmt::format("{} is bound to {} already", wanted.user, found->name()),
                          "jeton binding list");
        }
        if (wanted.is_default && other.is_default && other.environment == found->environment.id) {
            return refuse(Errc::wrong_state,
                          fmt::format("{} has a default in {} already", wanted.user, found->environment.name),
                          "jeton binding list; programs can always name one: connection=" + found->name());
        }
    }
    Binding binding;
    binding.id = BindingId::fresh();
    binding.connection = found->connection.id;
    binding.environment = found->environment.id;
    binding.user = wanted.user;
    binding.uid = wanted.uid;
    binding.is_default = wanted.is_default;
    binding.allow_container = wanted.allow_container;
    binding.created_at = now;
    tx.insert(binding);
    record(tx, peer,
           {.event = "binding.added",
            .subject = fmt::format("{} (uid {})", wanted.user, wanted.uid),
            .connection = found->name(),
            .tenant = found->tenant_name().text()},
           now);
    return binding;
}

std::vector<Binding> bindings_of(Transaction& tx, const Peer& peer) {
    std::vector<Binding> holding;
    for (auto& binding : bindings::of_uid(tx, peer.uid)) {
        // A name that moved to another uid, or a uid that got another name, is somebody else.
        if (!peer.user.empty() && binding.user != peer.user) continue;
        if (peer.foreign && !binding.allow_container) continue;
        holding.push_back(std::move(binding));
    }
    return holding;
}

}  // namespace jeton::vault
