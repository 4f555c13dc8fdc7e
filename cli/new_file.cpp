#include "cli/new_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/text.hpp"

namespace jeton::cli {
namespace {

std::string directory_of(const std::string& path) {
    auto directory = std::filesystem::path{path}.parent_path();
    return directory.empty() ? "." : directory.string();
}

std::unexpected<Failure> exists(const std::string& path) {
    return refuse("bad_input", fmt::format("{} exists already; it was not touched", printable(path)),
                  "name a file that does not exist");
}

std::unexpected<Failure> cannot_make(const std::string& path, int problem) {
    if (problem == ENOENT) {
        return refuse("bad_input", fmt::format("the directory {} does not exist", printable(directory_of(path))),
                      "make it first, or name a file in another one");
    }
    return refuse("bad_input", fmt::format("{} cannot be made: {}", printable(path), std::strerror(problem)),
                  "name a file in a directory that you may write to");
}

std::unexpected<Failure> not_written(const std::string& path, int problem) {
    return refuse(
        "output_failed",
        fmt::format("{} could not be written: {}; nothing is left of it", printable(path), std::strerror(problem)),
        problem == ENOSPC || problem == EDQUOT ? "make room, or name a file on another disk" : "look at the disk");
}

/// Where nothing has that name yet. 0, or why not. NFS and 9p do not know RENAME_NOREPLACE, vfat knows no second name.
int rename_to_new(const std::string& temporary, const std::string& path) {
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    if (::link(temporary.c_str(), path.c_str()) != 0) return errno;
    ::unlink(temporary.c_str());
    return 0;
}

bool is_there(const std::string& path) {
    struct stat found{};
    return ::lstat(path.c_str(), &found) == 0;
}

}  // namespace

Result<NewFile> NewFile::create(std::string path) {
    if (path.empty() || path.ends_with('/')) return refuse("bad_input", "this names no file", "name the file to write");
    if (is_there(path)) return exists(path);
    client::UniqueHandle nameless{::open(directory_of(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)};
    if (nameless) return NewFile{std::move(path), {}, std::move(nameless)};
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) return cannot_make(path, errno);
    const std::filesystem::path whole{path};
    auto temporary =
        (std::filesystem::path{directory_of(path)} / ("." + whole.filename().string() + ".XXXXXX")).string();
    client::UniqueHandle named{::mkostemp(temporary.data(), O_CLOEXEC)};
    if (!named) return cannot_make(path, errno);
    return NewFile{std::move(path), std::move(temporary), std::move(named)};
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      handle_(std::move(other.handle_)),
      size_(other.size_) {}

NewFile::~NewFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> NewFile::reserve(std::int64_t bytes) {
    const int problem = ::posix_fallocate(handle_.get(), 0, bytes);
    if (problem == ENOSPC || problem == EDQUOT) {
        return refuse("bad_input", fmt::format("there is no room for {}: {}", printable(path_), std::strerror(problem)),
                      "make room, or name a file on another disk");
    }
    if (problem != 0) return cannot_make(path_, problem);
    return {};
}

Result<void> NewFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(handle_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return not_written(path_, errno);
        size_ += written;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> NewFile::publish() {
    // Without what was reserved and not needed.
    if (::ftruncate(handle_.get(), size_) != 0 || ::fsync(handle_.get()) != 0) return not_written(path_, errno);
    int problem = 0;
    if (temporary_.empty()) {
        const auto self = fmt::format("/proc/self/fd/{}", handle_.get());
        if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) != 0) problem = errno;
    } else {
        problem = rename_to_new(temporary_, path_);
        if (problem == 0) temporary_.clear();
    }
    if (problem == EEXIST) return exists(path_);
    if (problem != 0) return not_written(path_, problem);
    // The name should outlive a power cut too; not every file system can promise that.
    const client::UniqueHandle directory{::open(directory_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (directory) ::fsync(directory.get());
    return {};
}

}  // namespace jeton::cli
