#include "libclient/page/page_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jeton::page {
namespace {

/// Closes its descriptor and leaves errno alone.
class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        const int error = errno;
        if (fd_ >= 0) ::close(fd_);
        errno = error;
    }
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

PageProblem problem_of(int error) noexcept {
    if (error == ENOENT) return PageProblem::absent;
    // A link, or no directory; who may not look into the directory, or not read the file, was not meant to.
    if (error == ELOOP || error == ENOTDIR || error == EACCES) return PageProblem::untrusted;
    return PageProblem::unreadable;
}

bool others_may_write(const struct stat& entry) noexcept { return (entry.st_mode & (S_IWGRP | S_IWOTH)) != 0; }

}  // namespace

PageProblem MappedPage::open(const char* directory) noexcept {
    close();
    constexpr int safely = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;  // no link, no waiting pipe
    const Descriptor place{::open(directory, safely | O_DIRECTORY)};
    if (!place.is_open()) return problem_of(errno);
    const Descriptor file{::openat(place.get(), page_file_name, safely)};
    if (!file.is_open()) return problem_of(errno);

    struct stat around{};
    struct stat found{};
    if (::fstat(place.get(), &around) != 0 || ::fstat(file.get(), &found) != 0) return PageProblem::unreadable;
    if (others_may_write(around) || found.st_uid != around.st_uid || !S_ISREG(found.st_mode) ||
        (found.st_mode & 07777U) != page_mode) {
        return PageProblem::untrusted;
    }
    if (found.st_size != static_cast<off_t>(page_size)) return PageProblem::malformed;  // less would be SIGBUS

    void* mapped = ::mmap(nullptr, page_size, PROT_READ, MAP_SHARED, file.get(), 0);
    if (mapped == MAP_FAILED) return PageProblem::unreadable;
    page_ = static_cast<const EpochPage*>(mapped);
    auto problem = PageProblem::none;
    if (is_void(*page_)) {
        problem = MappedWords{*page_}.load(Word::version) == 0 ? PageProblem::ended : PageProblem::malformed;
    } else if (const auto ours = time_namespace(); ours == unknown_time_namespace || clock_of(*page_) != ours) {
        problem = PageProblem::other_clock;
    }
    if (problem != PageProblem::none) close();
    return problem;
}

void MappedPage::close() noexcept {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): munmap takes no const
    if (page_ != nullptr) ::munmap(const_cast<EpochPage*>(page_), page_size);
    page_ = nullptr;
}

std::uint64_t time_namespace() noexcept {
    struct stat found{};
    if (::stat("/proc/self/ns/time", &found) == 0) return found.st_ino;
    const bool has_none = errno == ENOENT;
    // A kernel without time namespaces has the directory, but no such entry; without the directory we see nothing.
    return has_none && ::stat("/proc/self/ns", &found) == 0 ? 0 : unknown_time_namespace;
}

}  // namespace jeton::page
