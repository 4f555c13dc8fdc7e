/// The files below a directory, for whoever looks through all of them: bounded, and no way out of the directory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "cli/failure.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::cli {

inline constexpr std::size_t walked_file_limit = 1024UZ * 1024;  ///< bytes; larger ones are named, not read
inline constexpr std::size_t walk_depth_limit = 32;              ///< directories below each other
inline constexpr std::size_t walk_file_count_limit = 1'000'000;

/// A regular file that was read.
struct WalkedFile {
    std::string path;  ///< as the directory was named, and what is below it
    mode_t mode = 0;   ///< permission bits
    client::WipedText text;
};

/// What was not looked at, by path.
struct WalkReport {
    std::size_t files = 0;                ///< that were read
    std::vector<std::string> too_large;   ///< larger than `walked_file_limit`
    std::vector<std::string> unreadable;  ///< with the reason; on another file system, too
    bool is_cut_off = false;              ///< there was more than the limits allow
};

/// Text with a byte order mark of UTF-16. It is given to `visit` like any other.
[[nodiscard]] bool is_utf16(std::string_view text);

/// Reads the files at or below `path`, a directory or a file, in the order of their names, and gives each to `visit`
/// unless it holds a NUL byte near its beginning, as programs and pictures do. Follows no symbolic link but `path`
/// itself, stays on its file system, leaves out `.git`, `node_modules`, and sockets, devices and pipes. `wanted`
/// decides by name before a file is opened. Fails (bad_input) where `path` is not there or cannot be read.
[[nodiscard]] Result<WalkReport> walk_files(const std::string& path,
                                            const std::function<bool(std::string_view name)>& wanted,
                                            const std::function<void(WalkedFile)>& visit);

}  // namespace jeton::cli
