#include "daemon/vault/services/opening.hpp"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "daemon/base/files.hpp"
#include "daemon/base/log.hpp"
#include "daemon/vault/keys/recovery_key.hpp"
#include "daemon/vault/keys/slots.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/key_slots.hpp"

namespace jeton::vault {
namespace {

Result<SlotSecret> read_key_file(const std::filesystem::path& key_file) {
    auto content = read_secret_file(key_file);
    if (!content) return content.error();
    if (content->size() < slot_secret_min) {
        return refuse(Errc::wrong_state, fmt::format("{} holds no key", key_file.string()),
                      "name the key file that the store was made with");
    }
    return SlotSecret{*std::move(content)};
}

/// A disk that fails leaves the daemon running and uninitialised: ending would only start it again, and again.
void initialise_at_start(Store& store, const Config& config, const Clock& clock) {
    try {
        if (const auto made = initialise_store(store, config.keys.key_file, WithRecovery::no, clock.now()); !made) {
            log::error("the store was not initialised: {} ({})", made.error().what, made.error().next);
            return;
        }
    } catch (const std::exception& fault) {
        log::error("the store was not initialised: {}; mend that, then start the daemon again", fault.what());
        return;
    }
    log::info("the store was initialised; print a recovery key with: jeton key slot add recovery");
}

}  // namespace

Error closed_refusal(const Store& store) {
    if (store.state() == StoreState::uninitialised) {
        return refuse(Errc::uninitialised, "the store is not initialised", "jeton init --slot key-file PATH");
    }
    auto error = refuse(Errc::sealed, "the store is sealed: " + store.reason(), "jeton unseal");
    error.retry_after = 10;
    return error;
}

Result<SlotSecret> make_or_read_key_file(const std::filesystem::path& key_file) {
    if (!std::filesystem::exists(key_file)) {
        if (auto created = create_key_file(key_file); !created) return created.error();
    }
    return read_key_file(key_file);
}

Result<std::optional<SecretText>> initialise_store(Store& store, const std::filesystem::path& key_file,
                                                   WithRecovery with_recovery, UtcSeconds now) {
    if (!key_file.is_absolute()) {
        return refuse(Errc::bad_input, "no key file is named", "jeton init --slot key-file /PATH/TO/KEY");
    }
    const auto secret = make_or_read_key_file(key_file);
    if (!secret) return secret.error();
    auto root = RootKey::generate();
    std::vector<KeySlot> slots;
    slots.push_back(make_slot(root, KeySlotKind::key_file, key_file.string(), *secret, now));
    std::optional<SecretText> recovery_key;
    if (with_recovery == WithRecovery::yes) {
        recovery_key = make_recovery_key();
        slots.push_back(
            make_slot(root, KeySlotKind::recovery, "recovery key", *parse_recovery_key(recovery_key->reveal()), now));
    }
    if (auto made = store.initialise(std::move(root), slots); !made) return made.error();
    return recovery_key;
}

Result<RootKey> root_from_key_file(Store& store, const Config& config) {
    const auto& key_file = config.keys.key_file;
    if (key_file.empty()) {
        return refuse(Errc::sealed, "no key file is configured",
                      "set key_file in [keys] of jetond.toml, or give the recovery key");
    }
    const auto secret = read_key_file(key_file);
    if (!secret) return refuse(Errc::sealed, secret.error().what, secret.error().next);
    for (const auto& slot : store.slots()) {
        if (slot.kind != KeySlotKind::key_file) continue;
        if (auto root = open_slot(slot, *secret)) return *std::move(root);
    }
    return refuse(Errc::sealed, fmt::format("{} opens no key slot of this store", key_file.string()),
                  "name the key file that the store was made with, or give the recovery key");
}

Result<RootKey> root_from_recovery_key(Store& store, std::string_view recovery_key) {
    const auto secret = parse_recovery_key(recovery_key);
    if (!secret) {
        return refuse(Errc::bad_input, "this is no recovery key: a character is wrong or missing",
                      "type it as it was printed");
    }
    for (const auto& slot : store.slots()) {
        if (slot.kind != KeySlotKind::recovery) continue;
        if (auto root = open_slot(slot, *secret)) return *std::move(root);
    }
    return refuse(Errc::forbidden, "this recovery key opens no key slot of this store",
                  "use the one printed for this store");
}

Result<AddedSlot> add_recovery_slot(Transaction& tx, const Peer& peer, UtcSeconds now) {
    const auto slots = key_slots::list(tx);
    if (std::ranges::find(slots, KeySlotKind::recovery, &KeySlot::kind) != slots.end()) {
        return refuse(Errc::wrong_state, "the store has a recovery key already", "use the one that was printed");
    }
    auto recovery_key = make_recovery_key();
    auto slot =
        make_slot(tx.root(), KeySlotKind::recovery, "recovery key", *parse_recovery_key(recovery_key.reveal()), now);
    tx.insert(slot);
    record(tx, peer, {.event = "key_slot.added", .subject = "recovery key"}, now);
    return AddedSlot{std::move(slot), std::move(recovery_key)};
}

void open_at_start(Store& store, const Config& config, const Clock& clock) {
    if (store.state() == StoreState::uninitialised) {
        if (config.mode != DaemonMode::user) return;
        initialise_at_start(store, config, clock);
        return;
    }
    if (config.keys.key_file.empty()) return;
    if (store.slots().empty()) {
        store.seal("no key slot stands in table key_slots; restore a backup");
        log::error("the store stays sealed: {}", store.reason());
        return;
    }
    auto root = root_from_key_file(store, config);
    if (!root) {
        store.seal(fmt::format("{}; {}", root.error().what, root.error().next));
        log::error("the store stays sealed: {}", store.reason());
        return;
    }
    if (const auto opened = store.unseal(*std::move(root), false); !opened) {
        log::error("the store stays sealed: {} ({})", opened.error().what, opened.error().next);
    }
}

}  // namespace jeton::vault
