#include "cli/file_walk.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/text.hpp"
#include "libclient/http/unique_handle.hpp"

namespace jeton::cli {
namespace {

using client::UniqueHandle;

constexpr std::array<std::string_view, 3> left_out{".git", "node_modules", ".hg"};
constexpr std::size_t binary_sample = 8UZ * 1024;  ///< bytes that are looked at for a NUL

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

/// Overwrites what was read last.
struct ReadBuffer {
    std::array<char, 64UZ * 1024> bytes{};
    ReadBuffer() = default;
    ReadBuffer(const ReadBuffer&) = delete;
    ReadBuffer& operator=(const ReadBuffer&) = delete;
    ~ReadBuffer() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

bool is_binary(std::string_view text) { return !is_utf16(text) && text.substr(0, binary_sample).contains('\0'); }

class Walk {
public:
    Walk(const std::function<bool(std::string_view)>& wanted, const std::function<void(WalkedFile)>& visit)
        : wanted_(wanted), visit_(visit) {}

    Result<WalkReport> run(const std::string& path) {
        const UniqueHandle start{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        struct stat status{};
        if (!start || ::fstat(start.get(), &status) != 0) {
            return refuse("bad_input", fmt::format("{} cannot be read: {}", printable(path), std::strerror(errno)),
                          "name a directory or a file that you may read");
        }
        device_ = status.st_dev;
        if (S_ISDIR(status.st_mode)) {
            enter(start, path, 0);
        } else if (S_ISREG(status.st_mode)) {
            read(start.get(), path, status);
        } else {
            return refuse("bad_input", fmt::format("{} is neither a directory nor a file", printable(path)),
                          "name a directory or a file");
        }
        return std::move(report_);
    }

private:
    void enter(const UniqueHandle& handle, const std::string& path, std::size_t depth) {
        if (depth > walk_depth_limit) {
            report_.is_cut_off = true;
            return;
        }
        // The stream closes its own descriptor.
        const Directory directory{::fdopendir(::fcntl(handle.get(), F_DUPFD_CLOEXEC, 0))};
        if (!directory) {
            report_.unreadable.push_back(fmt::format("{}: {}", path, std::strerror(errno)));
            return;
        }
        const int below = ::dirfd(directory.get());
        std::vector<std::string> names;
        for (;;) {
            errno = 0;
            const auto* entry = ::readdir(directory.get());
            if (entry == nullptr) break;
            names.emplace_back(entry->d_name);
        }
        if (errno != 0) report_.unreadable.push_back(fmt::format("{}: {}", path, std::strerror(errno)));
        std::ranges::sort(names);
        for (const auto& name : names) {
            if (name == "." || name == "..") continue;
            look_at(below, name, path.ends_with('/') ? path + name : fmt::format("{}/{}", path, name), depth);
        }
    }

    void look_at(int directory, const std::string& name, const std::string& path, std::size_t depth) {
        struct stat status{};
        if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return could_not_read(path);
        const bool is_directory = S_ISDIR(status.st_mode);
        if (is_directory && std::ranges::find(left_out, name) != left_out.end()) return;
        if (!is_directory && (!S_ISREG(status.st_mode) || !wanted_(name))) return;
        if (status.st_dev != device_) {
            report_.unreadable.push_back(path + ": another file system");
            return;
        }
        if (!is_directory && visited_++ >= walk_file_count_limit) {
            report_.is_cut_off = true;
            return;
        }
        // Should it have become a link or a pipe meanwhile, it is not opened, and nothing waits for it.
        const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (is_directory ? O_DIRECTORY : 0);
        const UniqueHandle handle{::openat(directory, name.c_str(), flags)};
        if (!handle || ::fstat(handle.get(), &status) != 0) {
            could_not_read(path);
        } else if (is_directory) {
            enter(handle, path, depth + 1);
        } else if (S_ISREG(status.st_mode)) {
            read(handle.get(), path, status);
        }
    }

    /// What has gone meanwhile is not missed.
    void could_not_read(const std::string& path) {
        if (errno != ENOENT) report_.unreadable.push_back(fmt::format("{}: {}", path, std::strerror(errno)));
    }

    void read(int file, const std::string& path, const struct stat& status) {
        WalkedFile walked{.path = path, .mode = status.st_mode & 07777U, .text = {}};
        ReadBuffer buffer;
        for (;;) {
            const auto got = ::read(file, buffer.bytes.data(), buffer.bytes.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return could_not_read(path);
            if (got == 0) break;
            walked.text.append({buffer.bytes.data(), static_cast<std::size_t>(got)});
            if (is_binary(walked.text.view())) return;
            if (std::max(walked.text.size(), static_cast<std::size_t>(status.st_size)) > walked_file_limit) {
                report_.too_large.push_back(path);
                return;
            }
        }
        ++report_.files;
        visit_(std::move(walked));
    }

    const std::function<bool(std::string_view)>& wanted_;
    const std::function<void(WalkedFile)>& visit_;
    WalkReport report_;
    dev_t device_ = 0;
    std::size_t visited_ = 0;
};

}  // namespace

bool is_utf16(std::string_view text) { return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"); }

Result<WalkReport> walk_files(const std::string& path, const std::function<bool(std::string_view name)>& wanted,
                              const std::function<void(WalkedFile)>& visit) {
    return Walk{wanted, visit}.run(path);
}

}  // namespace jeton::cli
