/// How one store takes the place of another, so that a power cut leaves either the one or the other (T30, T32).
///
/// The new store is written beside the present one, as `DATABASE.restoring` and `anchor.restoring`. When it is whole
/// and on disk, both get the name `….restored`, the anchor first: with the database's the change is decided. What
/// follows only renames, and is done again at the next start where it was interrupted: the anchor takes its place, the
/// old database steps aside under a name of its own, the new one takes its place.
#pragma once

#include <filesystem>
#include <optional>

namespace jeton::vault {

struct StoreFiles {
    std::filesystem::path database;          ///< the file; `-wal` stands beside it
    std::filesystem::path anchor_directory;  ///< another directory, better another disk
};

namespace replacement {

[[nodiscard]] std::filesystem::path new_database(const StoreFiles& files);
inline constexpr const char* new_anchor_name = "anchor.restoring";

/// Removes what a restore that was not decided has left. Must not be called while another one is being prepared.
/// Throws StoreFault.
void discard(const StoreFiles& files);

/// Decides for the new store, which must be whole, closed and on disk. Throws StoreFault: then nothing was decided.
void decide(const StoreFiles& files);
/// It was decided, and not all was renamed yet.
[[nodiscard]] bool is_decided(const StoreFiles& files);
/// Renames what is still to be renamed. Nobody may have the database open. Gives back under which name the old
/// database is kept; nothing where there was none. Throws StoreFault: the next call goes on where this one ended.
std::optional<std::filesystem::path> finish(const StoreFiles& files);

}  // namespace replacement
}  // namespace jeton::vault
