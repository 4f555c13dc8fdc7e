/// How the store is made and opened, and what happens at the start.
#pragma once

#include <optional>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/services/key_slots.hpp"
#include "daemon/vault/services/unlocking.hpp"
#include "daemon/vault/store/store.hpp"

namespace jeton::vault {

/// Where there is nothing that a key could open: the file cannot be used as it is, or holds no slot (`Store::reason`).
/// A wrong key must not be blamed for it. Refuses `sealed`.
[[nodiscard]] Result<void> check_openable(Store& store);

/// What is to be typed to open a sealed `store`: it depends on why it is.
[[nodiscard]] std::string way_to_open(const Store& store);

/// Why nothing can be done while `store` is not unsealed: `uninitialised`, or `sealed` with the reason.
[[nodiscard]] Error closed_refusal(const Store& store);

enum class WithRecovery { no, yes };

/// Makes root key, slots and database. Gives back the recovery key where one was asked for. Refuses wrong_state (a
/// database or its anchor exists).
[[nodiscard]] Result<std::optional<SecretText>> initialise_store(Store& store, const PreparedSlot& slot,
                                                                 WithRecovery with_recovery, UtcSeconds now);

/// The root key, by the configured credential or key file. Refuses `sealed` where none is configured, or none of them
/// can be read and opens a slot: naming each, and why (THREATS, finding 13).
[[nodiscard]] Result<Unlocked> unlock_by_host(Store& store, const Config& config);

/// At the start: opens the store by what is configured, or initialises it in a user's own daemon. What cannot be done
/// leaves it sealed with the reason, which is logged.
void open_at_start(Store& store, const Config& config, const Clock& clock);

}  // namespace jeton::vault
