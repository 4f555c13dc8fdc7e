/// Files that belong to the daemon: created private, checked before they are believed, replaced whole.
/// In a process with a file helper (file_helper.hpp) they reach beyond what the process itself may open.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"

namespace jeton {

/// Creates `directory` (and missing parents) with mode 0700, durably, or checks that an existing one belongs to this
/// user or root and that nobody else may write to it. Refuses `wrong_state` with owner and mode.
[[nodiscard]] Result<void> ensure_private_directory(const std::filesystem::path& directory);

/// The same check for a file that will be believed (configuration, key file): owner root or self, not writable by
/// others; with `secret` also not readable by others. Refuses `not_found`, `wrong_state`.
[[nodiscard]] Result<void> check_trusted_file(const std::filesystem::path& file, bool secret);

/// The whole content of a checked file of at most 64 KiB. Refuses like `check_trusted_file`.
[[nodiscard]] Result<SecretBytes> read_secret_file(const std::filesystem::path& file);
/// The same for a credential that systemd provides: its group may read it, because the access control list that names
/// the service's user shows as the group's mode. The directory keeps others out.
[[nodiscard]] Result<SecretBytes> read_credential_file(const std::filesystem::path& file);
[[nodiscard]] Result<std::string> read_trusted_file(const std::filesystem::path& file);

/// Creates `file` with mode 0600; refuses `already_exists`. Content and directory entry are on disk when it returns.
/// Whatever happens, a power cut included, there is the whole file or none. Throws std::system_error if the disk fails.
[[nodiscard]] Result<void> create_secret_file(const std::filesystem::path& file, std::string_view content);

/// Makes a new key file: 50 random characters `[0-9a-z]` (258 bits), mode 0600; missing directories are made, too. An
/// existing file is never overwritten: it may be the only key to an older copy of the store (`already_exists`).
/// Throws std::system_error if the disk fails.
[[nodiscard]] Result<void> create_key_file(const std::filesystem::path& file);

/// The certificates in a checked PEM file of at most 512 KiB, and nothing else that stands in it. Refuses like
/// `check_trusted_file`, and `wrong_state`: it is no regular file, is too large, or holds no certificate.
[[nodiscard]] Result<std::string> read_certificates(const std::filesystem::path& file);

/// Makes the directory entry of a new file durable. Throws std::system_error.
void sync_directory(const std::filesystem::path& directory);

}  // namespace jeton
