/// What opens the store without a person: a key file, or a credential that systemd hands to the service.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/config.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/keys/slots.hpp"

namespace jeton::vault {

/// The content of a key file. Refuses one that is missing, readable by others, or too short to be a key.
[[nodiscard]] Result<SlotSecret> read_key_file(const std::filesystem::path& key_file);

/// The same; where there is no file yet, one is made with 50 random characters, whole or not at all, with the missing
/// directories above it. An existing one is never overwritten: it may be the only key to an older copy of the store.
[[nodiscard]] Result<SlotSecret> make_or_read_key_file(const std::filesystem::path& key_file);

/// Refuses `bad_input` for what cannot be the name of a credential: a file name without directories.
[[nodiscard]] Result<void> check_credential_name(std::string_view name);

/// The content of `$CREDENTIALS_DIRECTORY/NAME` (systemd.exec(5), LoadCredential=). systemd starts a service whose
/// credential is missing (THREATS, finding 13), so that is looked at here.
[[nodiscard]] Result<SlotSecret> read_credential(const Config::Keys& keys, const std::string& name);

/// One configured way to open the store, and what came of reading it.
struct HostSecret {
    KeySlotKind kind = KeySlotKind::key_file;
    std::string source;  ///< for people: "key file /etc/jeton/root.key", "credential jeton"
    Result<SlotSecret> secret;
};
/// In the order in which they are tried: credential, key file. Empty where none is configured.
[[nodiscard]] std::vector<HostSecret> configured_secrets(const Config& config);

}  // namespace jeton::vault
