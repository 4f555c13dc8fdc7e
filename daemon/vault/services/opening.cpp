#include "daemon/vault/services/opening.hpp"

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/keys/recovery_key.hpp"
#include "daemon/vault/keys/slots.hpp"
#include "daemon/vault/services/host_secrets.hpp"
#include "daemon/vault/services/journal.hpp"
#include "daemon/vault/services/proof.hpp"

namespace jeton::vault {
namespace {

Result<void> initialise_by_key_file(Store& store, const Config& config, UtcSeconds now) {
    const WantedSlot wanted{KeySlotKind::key_file, {}, config.keys.key_file.string(), {}};
    const auto prepared = prepare_slot(wanted, config, Stretched::none(), stretch_cost, now);
    if (!prepared) return prepared.error();
    if (const auto made = initialise_store(store, *prepared->slot, WithRecovery::no, now); !made) return made.error();
    return {};
}

/// A disk that fails leaves the daemon running and uninitialised: ending would only start it again, and again.
void initialise_at_start(Store& store, const Config& config, const Clock& clock) {
    try {
        if (const auto made = initialise_by_key_file(store, config, clock.now()); !made) {
            log::error("the store was not initialised: {} ({})", made.error().what, made.error().next);
            return;
        }
    } catch (const std::exception& fault) {
        log::error("the store was not initialised: {}; mend that, then start the daemon again", fault.what());
        return;
    }
    log::info("the store was initialised; print a recovery key with: jeton key slot add recovery");
}

/// The vault does this by itself, under its own uid. A disk that refuses it keeps nobody from the store.
void renew_at_start(Store& store, const Unlocked& by, const Clock& clock) {
    if (by.slot.has_public_key()) return;
    AuditEntry entry;
    entry.at = clock.now();
    entry.actor_uid = geteuid();
    entry.actor_pid = getpid();
    entry.actor_command = "jeton-vault";
    entry.via = "vault";
    try {
        auto group = store.group();
        group.attempt([&](Transaction& tx) { renew_slot(tx, by, entry); });
        group.commit();
    } catch (const StoreFault& fault) {
        log::warning("key slot {} was not renewed: {}", by.slot.label, fault.what());
    }
}

std::optional<Unlocked> unlock_by(const std::vector<KeySlot>& slots, const HostSecret& host) {
    for (const auto& slot : slots) {
        if (slot.kind != host.kind) continue;
        if (auto root = open_slot(slot, *host.secret)) return Unlocked{slot, *std::move(root), host.secret->copy()};
    }
    return std::nullopt;
}

}  // namespace

Result<void> check_openable(Store& store) {
    if (store.state() != StoreState::sealed || !store.slots().empty()) return {};
    return refuse(
        Errc::sealed, "no key can open the store as it is: " + store.reason(),
        "mend that, then start the daemon again: it looks at its files at the start alone; or put a backup in "
        "its place: jeton restore FILE");
}

std::string way_to_open(const Store& store) {
    // Where the reason itself says what to do, unsealing would only be refused for it.
    if (store.reason().contains("restore a backup"))
        return "jeton restore FILE; or put the newest files back and start the daemon again";
    return store.reason().contains("--accept-rollback") ? "jeton unseal --accept-rollback" : "jeton unseal";
}

Error closed_refusal(const Store& store) {
    if (store.state() == StoreState::uninitialised) {
        return refuse(Errc::uninitialised, "the store is not initialised", "jeton init");
    }
    auto error = refuse(Errc::sealed, "the store is sealed: " + store.reason(), way_to_open(store));
    error.retry_after = 10;
    return error;
}

Result<std::optional<SecretText>> initialise_store(Store& store, const PreparedSlot& slot, WithRecovery with_recovery,
                                                   UtcSeconds now) {
    auto root = RootKey::generate();
    std::vector<KeySlot> slots{make_slot(root, slot.draft, slot.secret)};
    std::optional<SecretText> recovery_key;
    if (with_recovery == WithRecovery::yes) {
        recovery_key = make_recovery_key();
        slots.push_back(
            make_slot(root, KeySlotKind::recovery, "recovery key", *parse_recovery_key(recovery_key->reveal()), now));
    }
    if (auto made = store.initialise(std::move(root), slots); !made) return made.error();
    return recovery_key;
}

Result<Unlocked> unlock_by_host(Store& store, const Config& config) {
    const auto slots = store.slots();
    const auto secrets = configured_secrets(config);
    if (secrets.empty()) {
        return refuse(Errc::sealed, "no key file and no credential is configured",
                      "type a passphrase or a recovery key: jeton unseal; or set key_file or credential in [keys] of "
                      "jetond.toml");
    }
    std::vector<std::string> why;
    std::string next = "type a passphrase or a recovery key: jeton unseal";
    for (const auto& host : secrets) {
        if (!host.secret) {
            why.push_back(host.secret.error().what);
            next = fmt::format("{}; or {}", host.secret.error().next, next);
        } else if (auto unlocked = unlock_by(slots, host)) {
            for (const auto& reason : why) log::warning("opened by {}, though {}", host.source, reason);
            return *std::move(unlocked);
        } else {
            why.push_back(fmt::format("{} opens no key slot of this store", host.source));
        }
    }
    return refuse(Errc::sealed, fmt::format("{}", fmt::join(why, "; ")), std::move(next));
}

void open_at_start(Store& store, const Config& config, const Clock& clock) {
    if (store.state() == StoreState::uninitialised) {
        if (config.mode != DaemonMode::user) return;
        initialise_at_start(store, config, clock);
        return;
    }
    if (store.slots().empty()) {
        store.seal("no key slot stands in table key_slots; restore a backup");
        journal::tell_that_it_stays_sealed(store.reason());
        return;
    }
    auto unlocked = unlock_by_host(store, config);
    if (!unlocked) {
        store.seal(fmt::format("{}; {}", unlocked.error().what, unlocked.error().next));
        journal::tell_that_it_stays_sealed(store.reason());
        return;
    }
    if (const auto opened = store.unseal(unlocked->root.copy(), false); !opened) {
        journal::tell_that_it_stays_sealed(fmt::format("{} ({})", opened.error().what, opened.error().next));
        return;
    }
    renew_at_start(store, *unlocked, clock);
}

}  // namespace jeton::vault
