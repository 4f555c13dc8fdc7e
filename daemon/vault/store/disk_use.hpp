/// How much room the files of the store take, and how much is left for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace jeton::vault {

/// In bytes; nothing where the file or its file system cannot be looked at.
struct DiskUse {
    std::optional<std::int64_t> database, write_ahead_log;
    std::optional<std::int64_t> free_for_state, free_for_anchor;  ///< for whoever is not root
};

/// `state` holds jeton.db, `anchor` the anchor. Never throws.
[[nodiscard]] DiskUse disk_use(const std::filesystem::path& database, const std::filesystem::path& anchor);

}  // namespace jeton::vault
