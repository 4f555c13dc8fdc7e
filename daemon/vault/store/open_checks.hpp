/// Whether a file is a database of jeton, of this version, whole, and with no schema but jeton's (T28, T51).
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/vault/store/database.hpp"

namespace jeton::vault {

/// Nothing where there is no file, or one that never got its first commit. Migrates an older database.
/// Throws StoreUnusable for everything else that is not a whole database of jeton, files untouched.
[[nodiscard]] std::unique_ptr<Database> open_database(const std::filesystem::path& file);

/// A new file with mode 0600, durable in its directory, without any table. A file that never got its first commit may
/// stand there. Throws StoreFault.
[[nodiscard]] std::unique_ptr<Database> create_database(const std::filesystem::path& file);

/// Brings the schema from `user_version` to `schema_version`, without a transaction of its own.
void apply_migration(Database& database, std::int64_t to);

}  // namespace jeton::vault
