/// Landlock (landlock(7)): a process gives up files, TCP and more for the rest of its life, without any privilege.
/// By raw system calls: the C library has none, and the kernel headers of the build know fewer rights than a later
/// kernel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace jeton::landlock {

/// Rights on files, as the kernel numbers them (LANDLOCK_ACCESS_FS_…).
using Rights = std::uint64_t;
inline constexpr Rights execute = 1U << 0U, write_file = 1U << 1U, read_file = 1U << 2U, read_directory = 1U << 3U,
                        remove_directory = 1U << 4U, remove_file = 1U << 5U, make_directory = 1U << 7U,
                        make_file = 1U << 8U, truncate = 1U << 14U;
inline constexpr Rights every_right = (1U << 16U) - 1;  ///< all that ABI 5 knows
inline constexpr Rights read_only = read_file | read_directory;
/// What a process needs in a directory that is its own: files, made, changed, renamed and removed.
inline constexpr Rights own =
    read_only | write_file | truncate | make_file | make_directory | remove_file | remove_directory | 1U << 13U;

/// `rights` on `path` and, where it is a directory, on all below it. It is the file or directory itself that is meant:
/// what is later put in its place under the same name is not. A path that does not exist gives nothing.
struct FileRule {
    std::filesystem::path path;
    Rights rights;
};

struct Rules {
    Rights governed = every_right;  ///< these are had where a rule gives them, and nowhere else
    std::vector<FileRule> files;
    bool tcp_connect = false;       ///< to any port (refused since ABI 4)
    bool tcp_bind = false;          ///< to any port (refused since ABI 4)
    bool abstract_sockets = false;  ///< of other programs (refused since ABI 6)
    bool signals = false;           ///< to other programs (refused since ABI 6)
};

/// The version that the kernel knows: 1 (Linux 5.13) and up; 0 where it has none or it is switched off.
[[nodiscard]] int abi();

/// Applies as much of `rules` as `abi()` knows to this thread and all that it starts from now on; never to be taken
/// back. Needs `no_new_privs`. Throws std::system_error where the kernel refuses, std::logic_error without Landlock.
void restrict_self(const Rules& rules);

}  // namespace jeton::landlock
