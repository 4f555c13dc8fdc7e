#include "daemon/vault/store/disk_use.hpp"

#include <system_error>

namespace jeton::vault {
namespace {

std::optional<std::int64_t> size_of(const std::filesystem::path& file) {
    std::error_code ec;
    const auto size = std::filesystem::file_size(file, ec);
    return ec ? std::nullopt : std::optional{static_cast<std::int64_t>(size)};
}

std::optional<std::int64_t> free_in(const std::filesystem::path& directory) {
    std::error_code ec;
    const auto space = std::filesystem::space(directory, ec);
    return ec ? std::nullopt : std::optional{static_cast<std::int64_t>(space.available)};
}

}  // namespace

DiskUse disk_use(const std::filesystem::path& database, const std::filesystem::path& anchor) {
    auto log = database;
    log += "-wal";
    return {size_of(database), size_of(log), free_in(database.parent_path()), free_in(anchor)};
}

}  // namespace jeton::vault
