/// Ways to open the store: made, added, tried and taken away.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/issuer/key_pair.hpp"
#include "daemon/vault/services/proof.hpp"
#include "daemon/vault/services/unlocking.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

inline constexpr std::size_t passphrase_min = 12;    ///< characters: whoever has the file may guess as long as he likes
inline constexpr std::size_t passphrase_max = 1024;  ///< bytes

/// A slot that somebody asks for.
struct WantedSlot {
    KeySlotKind kind = KeySlotKind::key_file;
    std::string label;            ///< empty: what the kind suggests
    std::string of;               ///< the path of the key file, or the name of the credential
    std::string_view passphrase;  ///< of that kind
};

/// What opens a new store where nobody says it: what `[keys]` names, the credential first; a passphrase where it names
/// nothing.
[[nodiscard]] KeySlotKind usual_slot(const Config& config);

/// All that `make_slot` takes, or what must be stretched first.
struct PreparedSlot {
    KeySlot draft;
    SlotSecret secret;
    SecretText recovery_key;   ///< of that kind; shown once
    std::string warning = {};  ///< what is to be done before a restart opens by it; empty: nothing
};
struct SlotPreparation {
    std::optional<PreparedSlot> slot;
    StretchNeed need;
};

/// Reads the key file (or makes one) or the credential, makes the recovery key, or has the passphrase stretched.
/// Refuses: bad_input, wrong_state.
[[nodiscard]] Result<SlotPreparation> prepare_slot(const WantedSlot& wanted, const Config& config,
                                                   const Stretched& stretched, const StretchCost& cost, UtcSeconds now);

/// Whether adding a slot of this kind takes proof: all do, but the first that a person can carry away
/// (docs/decisions/0010, 0018).
[[nodiscard]] bool adding_takes_proof(Transaction& tx, KeySlotKind kind);

/// Seals the root key to it. The caller has checked the proof. Refuses: already_exists (the label), wrong_state (there
/// are `key_slots_max`).
[[nodiscard]] Result<KeySlot> add_slot(Transaction& tx, const Peer& peer, const PreparedSlot& prepared, UtcSeconds now);

/// Takes the slot away whose ID begins so or whose label is this, and gives the store a new root key and new data keys,
/// so that what it once opened is of no use for what is written from then on (services/root_rotation). The caller has
/// checked the proof. Refuses: not_found, wrong_state (the last slot, or the last that a person can carry away; another
/// slot that an older jeton made).
[[nodiscard]] Result<KeySlot> remove_slot(Transaction& tx, const Peer& peer, std::string_view named, UtcSeconds now,
                                          KeyPairs pairs = {});

/// What was tried, and the slot that it opens.
struct SlotTrial {
    std::string source;  ///< "passphrase or recovery key", "key file /etc/jeton/root.key"
    std::optional<KeySlot> slot;
    std::string why;  ///< it opens none
};
/// Tries what is configured; changes nothing. Works while the store is sealed.
[[nodiscard]] std::vector<SlotTrial> try_configured(const std::vector<KeySlot>& slots, const Config& config);

}  // namespace jeton::vault
