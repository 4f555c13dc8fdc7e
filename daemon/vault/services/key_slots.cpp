#include "daemon/vault/services/key_slots.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/keys/recovery_key.hpp"
#include "daemon/vault/services/host_secrets.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/root_rotation.hpp"
#include "daemon/vault/store/key_slots.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t label_limit = 200;

std::string usual_label(const WantedSlot& wanted) {
    switch (wanted.kind) {
        case KeySlotKind::passphrase: return "passphrase";
        case KeySlotKind::key_file:
        case KeySlotKind::systemd_credential: return wanted.of;
        case KeySlotKind::recovery: return "recovery key";
    }
    return {};
}

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](unsigned char byte) { return (byte & 0xC0U) != 0x80U; }));
}

Result<void> check_passphrase(std::string_view passphrase) {
    if (passphrase.empty())
        return refuse(Errc::bad_input, "no passphrase was given", "type one, twice, or give it on stdin");
    if (characters(passphrase) < passphrase_min) {
        return refuse(Errc::bad_input, fmt::format("the passphrase is shorter than {} characters", passphrase_min),
                      "take four words or more, chosen by chance");
    }
    if (passphrase.size() > passphrase_max)
        return refuse(Errc::bad_input, "the passphrase is longer than 1,024 bytes", "take a shorter one");
    if (parse_recovery_key(passphrase)) {
        return refuse(Errc::bad_input, "this is a recovery key, not a passphrase", "choose a passphrase of your own");
    }
    return {};
}

Result<SlotPreparation> prepare_passphrase(const WantedSlot& wanted, KeySlot draft, const Stretched& stretched,
                                           const StretchCost& cost) {
    if (const auto checked = check_passphrase(wanted.passphrase); !checked) return checked.error();
    SlotPreparation preparation;
    const auto* result = stretched.for_new_slot();
    if (result == nullptr) {
        preparation.need.push_back({std::make_shared<const SecretText>(wanted.passphrase), draft.salt, cost, true});
        return preparation;
    }
    draft.salt = result->salt;
    draft.passes = result->cost.passes;
    draft.memory = result->cost.memory;
    preparation.slot = PreparedSlot{std::move(draft), result->secret.copy(), {}};
    return preparation;
}

Result<PreparedSlot> prepare_key_file(const WantedSlot& wanted, KeySlot draft, const Config& config) {
    const std::filesystem::path path{wanted.of};
    if (!path.is_absolute()) {
        return refuse(Errc::bad_input, wanted.of.empty() ? "no key file is named" : "the key file's path is relative",
                      "name it from the root on: key-file /PATH/TO/KEY");
    }
    auto secret = make_or_read_key_file(path);
    if (!secret) return secret.error();
    PreparedSlot prepared{std::move(draft), *std::move(secret), {}};
    if (config.keys.key_file != path.lexically_normal()) {
        prepared.warning = fmt::format(
            R"(at a restart the store will not open by this file: set key_file = "{}" in [keys] of jetond.toml)",
            path.lexically_normal().string());
    }
    return prepared;
}

Result<PreparedSlot> prepare_credential(const WantedSlot& wanted, KeySlot draft, const Config& config) {
    if (wanted.of.empty())
        return refuse(Errc::bad_input, "no credential is named", "name it as in the unit: systemd-credential NAME");
    auto secret = read_credential(config.keys, wanted.of);
    if (!secret) return secret.error();
    PreparedSlot prepared{std::move(draft), *std::move(secret), {}};
    if (config.keys.credential != wanted.of) {
        prepared.warning = fmt::format(
            R"(at a restart the store will not open by this credential: set credential = "{}" in [keys] of jetond.toml)",
            wanted.of);
    }
    return prepared;
}

Result<KeySlot> slot_named(const std::vector<KeySlot>& slots, std::string_view named) {
    std::vector<KeySlot> matching;
    for (const auto& slot : slots) {
        const bool by_id = named.size() >= KeySlotId::brief_size && slot.id.text.starts_with(named);
        if (slot.label == named || by_id) matching.push_back(slot);
    }
    if (matching.size() == 1) return std::move(matching.front());
    return refuse(Errc::not_found,
                  fmt::format("{} key slot is called {}, or has an ID that begins so",
                              matching.empty() ? "no" : "more than one", log::escape(named.substr(0, 40))),
                  "jeton key slot list; give its label, or at least eight characters of the ID");
}

PreparedSlot prepare_recovery(KeySlot draft) {
    auto key = make_recovery_key();
    auto secret = *parse_recovery_key(key.reveal());
    return {std::move(draft), std::move(secret), std::move(key)};
}

}  // namespace

KeySlotKind usual_slot(const Config& config) {
    if (!config.keys.credential.empty()) return KeySlotKind::systemd_credential;
    return config.keys.key_file.empty() ? KeySlotKind::passphrase : KeySlotKind::key_file;
}

Result<SlotPreparation> prepare_slot(const WantedSlot& wanted, const Config& config, const Stretched& stretched,
                                     const StretchCost& cost, UtcSeconds now) {
    const auto label = wanted.label.empty() ? usual_label(wanted) : wanted.label;
    if (!label.empty()) {
        if (const auto checked = check_free_text("label", label, label_limit); !checked) return checked.error();
    }
    auto draft = draft_slot(wanted.kind, label, now);
    const auto ready = [](Result<PreparedSlot> prepared) -> Result<SlotPreparation> {
        if (!prepared) return prepared.error();
        SlotPreparation preparation;
        preparation.slot = *std::move(prepared);
        return preparation;
    };
    switch (wanted.kind) {
        case KeySlotKind::passphrase: return prepare_passphrase(wanted, std::move(draft), stretched, cost);
        case KeySlotKind::key_file: return ready(prepare_key_file(wanted, std::move(draft), config));
        case KeySlotKind::systemd_credential: return ready(prepare_credential(wanted, std::move(draft), config));
        case KeySlotKind::recovery: return ready(prepare_recovery(std::move(draft)));
    }
    return refuse(Errc::bad_input, "there is no such kind of key slot", "jeton key slot add --help");
}

bool adding_takes_proof(Transaction& tx, KeySlotKind kind) {
    const bool is_portable = kind == KeySlotKind::passphrase || kind == KeySlotKind::recovery;
    return !is_portable || std::ranges::any_of(key_slots::list(tx), &KeySlot::is_portable);
}

Result<KeySlot> add_slot(Transaction& tx, const Peer& peer, const PreparedSlot& prepared, UtcSeconds now) {
    const auto slots = key_slots::list(tx);
    if (slots.size() >= key_slots_max) {
        return refuse(Errc::wrong_state, fmt::format("the store has {} key slots, and may have no more", slots.size()),
                      "remove one first: jeton key slot list, jeton key slot remove ID");
    }
    if (std::ranges::find(slots, prepared.draft.label, &KeySlot::label) != slots.end()) {
        return refuse(Errc::already_exists, fmt::format("a key slot \"{}\" exists", prepared.draft.label),
                      "give this one another name: --label NAME");
    }
    auto slot = make_slot(tx.root(), prepared.draft, prepared.secret);
    tx.insert(slot);
    record(tx, peer, {.event = "key_slot.added", .subject = slot.label, .detail = std::string{name_of(slot.kind)}},
           now);
    return slot;
}

Result<KeySlot> remove_slot(Transaction& tx, const Peer& peer, std::string_view named, UtcSeconds now, KeyPairs pairs) {
    const auto slots = key_slots::list(tx);
    auto slot = slot_named(slots, named);
    if (!slot) return slot.error();
    if (slots.size() == 1) {
        return refuse(Errc::wrong_state, "it is the last key slot: nothing would open the store any more",
                      "add another one first: jeton key slot add --help");
    }
    if (slot->is_portable() && std::ranges::count_if(slots, &KeySlot::is_portable) == 1) {
        return refuse(Errc::wrong_state,
                      "it is the last passphrase or recovery key: nothing would open the store on another host, and "
                      "nobody could prove anything",
                      "add another one first: jeton key slot add recovery --label NAME");
    }
    tx.erase(*slot);
    const auto replaced = replace_root_key(tx, now, std::move(pairs));
    if (!replaced) return replaced.error();
    record(tx, peer, {.event = "key_slot.removed", .subject = slot->label, .detail = described(*replaced)}, now);
    return slot;
}

std::vector<SlotTrial> try_configured(const std::vector<KeySlot>& slots, const Config& config) {
    std::vector<SlotTrial> trials;
    for (auto& [kind, source, secret] : configured_secrets(config)) {
        SlotTrial trial{std::move(source), {}, {}};
        if (!secret) {
            trial.why = secret.error().what;
        } else {
            for (const auto& slot : slots) {
                if (slot.kind == kind && open_slot(slot, *secret)) trial.slot = slot;
            }
            if (!trial.slot) trial.why = "it opens no key slot of this store";
        }
        trials.push_back(std::move(trial));
    }
    return trials;
}

}  // namespace jeton::vault
