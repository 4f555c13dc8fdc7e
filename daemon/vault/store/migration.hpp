/// How a database of an older schema becomes one of this version: never without a copy of it, and all steps or none
/// (docs/database.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/store/database.hpp"

namespace jeton::vault {

/// The database as it was before a migration, beside the database. It opens by the key slots that it had then, also
/// by those that were removed since.
struct KeptStore {
    std::filesystem::path file;  ///< `DATABASE.schema-SCHEMA-before-VERSION`
    std::int64_t schema;         ///< of the copy
    std::string version;         ///< of the jeton that migrated the store
    UtcSeconds since;
};

/// How long a copy is kept at least: afterwards the first unsealing removes it.
inline constexpr std::chrono::days kept_for{30};

/// The newest first; none where the directory cannot be read. Never throws.
[[nodiscard]] std::vector<KeptStore> kept_before_migrations(const std::filesystem::path& database);

/// Removes copies older than `kept_for`. Never throws: what cannot be removed is named in the log.
void remove_outdated_copies(const std::filesystem::path& database, UtcSeconds now);

/// From schema `from`, whose text was checked, to `schema_version`. First a whole copy is on disk, in the place of one
/// of the same schema made by the same version; then all steps are one transaction. Throws StoreUnusable where the copy
/// or the migration cannot be made: then the database is as it was.
KeptStore migrate(Database& database, const std::filesystem::path& file, std::int64_t from);

/// One step, without a transaction of its own.
void apply_migration(Database& database, std::int64_t to);

}  // namespace jeton::vault
