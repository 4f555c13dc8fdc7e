#include "daemon/vault/services/root_rotation.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/keys/audit_signature.hpp"
#include "daemon/vault/keys/slots.hpp"
#include "daemon/vault/services/key_rotation.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/key_slots.hpp"

namespace jeton::vault {
namespace {

Result<std::vector<KeySlot>> slots_with(Transaction& tx, const RootKey& next) {
    std::vector<KeySlot> slots;
    for (const auto& slot : key_slots::list(tx)) {
        auto renewed = rewrapped(slot, tx.root(), next);
        if (!renewed) {
            return refuse(Errc::wrong_state,
                          fmt::format("key slot {} was made by an older jeton: another root key cannot be given to it "
                                      "without its secret",
                                      slot.label),
                          fmt::format("open the store with it once, or prove yourself with it, which renews it; or "
                                      "remove it: jeton key slot remove {}",
                                      slot.id.brief()));
        }
        slots.push_back(*std::move(renewed));
    }
    return slots;
}

/// Both of its data keys, under `next`.
Environment wrapped_anew(Transaction& tx, Environment environment, const RootKey& next) {
    const auto& id = environment.id.text;
    const auto generation = environment.key_generation;
    const auto& key = tx.data_key(environment);
    if (!environment.retiring_data_key.empty()) {
        const auto& retiring = tx.data_key(environment, {"environments", id, id, generation - 1});
        environment.retiring_data_key = wrap_data_key(next, retiring, id, generation - 1);
    }
    environment.wrapped_data_key = wrap_data_key(next, key, id, generation);
    return environment;
}

}  // namespace

Result<ReplacedRoot> replace_root_key(Transaction& tx, UtcSeconds now, KeyPairs pairs) {
    auto next = tx.root().successor();
    const auto slots = slots_with(tx, next);
    if (!slots) return slots.error();
    std::vector<Environment> environments;
    for (auto& environment : environments::list(tx)) {
        environments.push_back(wrapped_anew(tx, std::move(environment), next));
    }
    tx.replace_root(std::move(next));
    for (const auto& slot : *slots) tx.update(slot);
    for (auto& environment : environments) {
        rotate_or_remember(tx, environment);
        tx.update(environment);
        if (environment.kind != EnvironmentKind::local) continue;
        (void)replace_signing_key(tx, environment, signing_key_of(tx, environment).algorithm, pairs, now);
    }
    ReplacedRoot replaced;
    replaced.slots = static_cast<std::int64_t>(slots->size());
    replaced.environments = static_cast<std::int64_t>(environments.size());
    replaced.audit_public_key = hex(sign_audit_head(tx.root(), "").public_key);
    return replaced;
}

Result<ReplacedRoot> rotate_root_key(Transaction& tx, const Peer& peer, UtcSeconds now, KeyPairs pairs) {
    auto replaced = replace_root_key(tx, now, std::move(pairs));
    if (!replaced) return replaced.error();
    record(tx, peer, {.event = "key.rotated", .subject = "root key", .detail = described(*replaced)}, now);
    return replaced;
}

std::string described(const ReplacedRoot& replaced) {
    return fmt::format(
        "wrapped for {} key slots; {} data keys are rotated, and the signing keys with them; audit heads are signed by "
        "{} from here on",
        replaced.slots, replaced.environments, replaced.audit_public_key);
}

}  // namespace jeton::vault
