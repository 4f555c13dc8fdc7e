/// The epoch page as a file: found, checked and mapped by a reader. No allocation, no exception, libc alone.
#pragma once

#include <cstdint>

#include "libclient/page/epoch_page.hpp"

namespace jeton::page {

inline constexpr const char* page_directory_name = "page";  ///< in the directory of the token socket
inline constexpr const char* page_file_name = "epoch";      ///< in the page's directory

inline constexpr unsigned page_mode = 0444;
inline constexpr unsigned page_directory_mode = 0755;

/// Why a page is not used. The daemon is asked for each token then.
enum class PageProblem {
    none,
    absent,       ///< no page, or no directory for it: switched off, or not started yet
    untrusted,    ///< owner or mode of directory or file, or a link in the place of either
    malformed,    ///< not of this size and version
    ended,        ///< void: another one may be there in a moment
    other_clock,  ///< its heartbeat is of another time namespace than ours: ages mean nothing
    unreadable,   ///< another error
};

/// A page that is mapped for reading. The owner must have checked (owner, modes, ancestors) the directory in which the
/// page's directory lies, as before it sends a byte to the sockets there; what the page's own directory and file may be
/// like is checked here: real ones, both of one owner, writable by nobody else, the file of mode 0444 and 4096 bytes.
/// What is mapped stays mapped whatever happens to the name. A child of fork has to open its own: its clock may differ.
class MappedPage {
public:
    MappedPage() noexcept = default;
    MappedPage(MappedPage&& other) noexcept : page_(other.page_) { other.page_ = nullptr; }
    MappedPage& operator=(MappedPage&& other) noexcept {
        if (this != &other) {
            close();
            page_ = other.page_;
            other.page_ = nullptr;
        }
        return *this;
    }
    MappedPage(const MappedPage&) = delete;
    MappedPage& operator=(const MappedPage&) = delete;
    ~MappedPage() { close(); }

    /// Maps the page in `directory` (`/run/jeton/page`) in the place of what was mapped. Leaves nothing mapped where it
    /// refuses. A dozen system calls.
    [[nodiscard]] PageProblem open(const char* directory) noexcept;
    void close() noexcept;

    /// Null where nothing is mapped.
    [[nodiscard]] const EpochPage* get() const noexcept { return page_; }

private:
    const EpochPage* page_ = nullptr;
};

/// The inode of this process's time namespace: equal ones count CLOCK_BOOTTIME alike. 0 on a kernel that has none;
/// `unknown_time_namespace`, which is nobody's, where it cannot be seen (no /proc).
[[nodiscard]] std::uint64_t time_namespace() noexcept;
inline constexpr std::uint64_t unknown_time_namespace = ~std::uint64_t{0};

}  // namespace jeton::page
