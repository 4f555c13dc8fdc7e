/// Whether a file is a database of jeton, of this version, whole, and with no schema but jeton's (T28, T51).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "daemon/vault/store/database.hpp"
#include "daemon/vault/store/migration.hpp"

namespace jeton::vault {

struct OpenedDatabase {
    std::unique_ptr<Database> database;    ///< nothing where there is no file, or one that never got its first commit
    std::optional<KeptStore> kept_before;  ///< where it was migrated just now: as it was before
};

/// Migrates an older database, having made a copy of it. Throws StoreUnusable for everything else that is not a whole
/// database of jeton, files untouched. `never_committed`: the anchor knows of no commit, so that a first page that
/// begins like no database is what a power cut left of one, and counts as one that never got its first commit.
[[nodiscard]] OpenedDatabase open_database(const std::filesystem::path& file, bool never_committed);

/// A new file with mode 0600, durable in its directory, without any table. A file that never got its first commit may
/// stand there. Throws StoreFault.
[[nodiscard]] std::unique_ptr<Database> create_database(const std::filesystem::path& file);

}  // namespace jeton::vault
