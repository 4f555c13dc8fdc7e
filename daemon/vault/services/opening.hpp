/// How the store is made and opened: key file, recovery key, and what happens at the start.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/keys/slots.hpp"
#include "daemon/vault/store/store.hpp"

namespace jeton::vault {

/// Why nothing can be done while `store` is not unsealed: `uninitialised`, or `sealed` with the reason.
[[nodiscard]] Error closed_refusal(const Store& store);

/// The content of the key file, which is made where there is none. An existing one is never overwritten: it may be the
/// only key to an older copy of the store. Refuses: wrong_state (readable by others, or no key).
[[nodiscard]] Result<SlotSecret> make_or_read_key_file(const std::filesystem::path& key_file);

enum class WithRecovery { no, yes };

/// Makes key file (unless there is one), root key, slots and database. Gives back the recovery key where one was asked
/// for. Refuses: bad_input (no path), wrong_state (a database or its anchor exists; the key file is readable by
/// others).
[[nodiscard]] Result<std::optional<SecretText>> initialise_store(Store& store, const std::filesystem::path& key_file,
                                                                 WithRecovery with_recovery, UtcSeconds now);

/// The root key, by the configured key file. Refuses where it cannot be read or opens no slot, naming it.
[[nodiscard]] Result<RootKey> root_from_key_file(Store& store, const Config& config);
/// The root key, by a recovery key that a person typed. Refuses `forbidden`.
[[nodiscard]] Result<RootKey> root_from_recovery_key(Store& store, std::string_view recovery_key);

struct AddedSlot {
    KeySlot slot;
    SecretText recovery_key;  ///< shown once
};
/// The first recovery slot; a second is refused `wrong_state`.
[[nodiscard]] Result<AddedSlot> add_recovery_slot(Transaction& tx, const Peer& peer, UtcSeconds now);

/// At the start: opens the store by its key file, or initialises it in a user's own daemon. What cannot be done leaves
/// it sealed with the reason, which is logged.
void open_at_start(Store& store, const Config& config, const Clock& clock);

}  // namespace jeton::vault
