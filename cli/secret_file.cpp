#include "cli/secret_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/text.hpp"

namespace jeton::cli {
namespace {

constexpr off_t room = 4096;  ///< bytes that the disk promises beforehand

std::unexpected<Failure> cannot_make(const std::string& path, int problem) {
    if (problem == EEXIST) {
        return refuse("bad_input", fmt::format("{} exists already; it was not touched", printable(path)),
                      "name a file that does not exist");
    }
    return refuse("bad_input", fmt::format("{} cannot be made: {}", printable(path), std::strerror(problem)),
                  "name a file in a directory of your own");
}

/// The name should outlive a power cut too; not every file system can promise that.
void sync_directory_of(const std::string& path) {
    auto directory = std::filesystem::path{path}.parent_path();
    if (directory.empty()) directory = ".";
    const client::UniqueHandle handle{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (handle) ::fsync(handle.get());
}

}  // namespace

Result<SecretFile> SecretFile::create(std::string path) {
    client::UniqueHandle handle{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!handle) return cannot_make(path, errno);
    SecretFile file{std::move(path), std::move(handle)};
    if (const int problem = ::posix_fallocate(file.handle_.get(), 0, room); problem != 0)
        return cannot_make(file.path_, problem);
    return file;
}

SecretFile::~SecretFile() {
    if (handle_ && !filled_) ::unlink(path_.c_str());
}

Result<void> SecretFile::fill(std::string_view text) {
    const auto size = static_cast<off_t>(text.size());
    while (!text.empty()) {
        const auto written = ::write(handle_.get(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    const bool kept = text.empty() && ::ftruncate(handle_.get(), size) == 0 && ::fsync(handle_.get()) == 0;
    if (!kept) {
        return refuse("output_failed",
                      fmt::format("{} could not be written: {}", printable(path_), std::strerror(errno)),
                      "look at the disk");
    }
    filled_ = true;
    sync_directory_of(path_);
    return {};
}

}  // namespace jeton::cli
