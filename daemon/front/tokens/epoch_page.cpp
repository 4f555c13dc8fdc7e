#include "daemon/front/tokens/epoch_page.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/base/unique_fd.hpp"
#include "libclient/page/epoch_page.hpp"
#include "libclient/page/page_file.hpp"

namespace jeton::front {
namespace {

namespace fs = std::filesystem;
using jeton::page::EpochPage;

constexpr const char* unfinished_name = ".epoch.new";
constexpr mode_t writable_page_mode = 0644;
constexpr int safely = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

Error cannot(std::string_view act, const fs::path& path, int error) {
    return refuse(Errc::wrong_state, fmt::format("cannot {} {}: {}", act, path.string(), std::strerror(error)),
                  "mend its owner and mode, or set epoch_page = \"no\" in [sockets]; then start jetond again");
}

Error not_ours(const fs::path& path, std::string_view why) {
    return refuse(Errc::wrong_state, fmt::format("{} {}", path.string(), why),
                  "remove it, or give it to the daemon's user with mode 0755; then start jetond again");
}

EpochPage* map(int file) {
    void* mapped = ::mmap(nullptr, jeton::page::page_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return mapped == MAP_FAILED ? nullptr : static_cast<EpochPage*>(mapped);
}

/// In the place of a page, ended; whoever has it mapped sees it. Its mode allows nobody to write, so it is opened for
/// writing by its owner's right to change that, and gets the mode back. False where it is not a page of ours.
bool end_earlier(int file) {
    struct stat found{};
    if (::fstat(file, &found) != 0 || !S_ISREG(found.st_mode) || found.st_uid != ::geteuid() ||
        found.st_size < static_cast<off_t>(jeton::page::page_size) || ::fchmod(file, writable_page_mode) != 0) {
        return false;
    }
    const UniqueFd writable{::open(fmt::format("/proc/self/fd/{}", file).c_str(), O_RDWR | O_CLOEXEC)};
    auto* page = writable ? map(writable.get()) : nullptr;
    if (page != nullptr) {
        jeton::page::void_page(*page);
        ::munmap(page, jeton::page::page_size);
    }
    (void)::fchmod(file, jeton::page::page_mode);
    return page != nullptr;
}

/// Opens the page's directory, making it where it is missing. An error number in its place.
std::pair<UniqueFd, int> open_directory(const fs::path& directory, bool create) {
    UniqueFd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | safely)};
    if (!fd && errno == ENOENT && create) {
        if (::mkdir(directory.c_str(), jeton::page::page_directory_mode) != 0) return {UniqueFd{}, errno};
        fd.reset(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | safely));
    }
    const int error = fd ? 0 : errno;
    return {std::move(fd), error};
}

}  // namespace

EpochPageWriter::EpochPageWriter(EpochPageWriter&& other) noexcept
    : path_(std::move(other.path_)),
      state_(std::exchange(other.state_, State::off)),
      problem_(std::move(other.problem_)),
      earlier_page_lives_(other.earlier_page_lives_),
      page_(std::exchange(other.page_, nullptr)),
      device_(other.device_),
      inode_(other.inode_) {}

EpochPageWriter::~EpochPageWriter() {
    end();
    if (page_ != nullptr) ::munmap(page_, jeton::page::page_size);
}

EpochPageWriter EpochPageWriter::open(const Config& config, bool may_be_new) {
    EpochPageWriter writer;
    const auto directory = config.paths.runtime / jeton::page::page_directory_name;
    writer.path_ = directory / jeton::page::page_file_name;
    const bool wanted = config.sockets.epoch_page;

    struct stat before{};
    const bool was_there = ::lstat(directory.c_str(), &before) == 0;
    const auto [place, error] = open_directory(directory, wanted);
    if (!place) {
        // What cannot be opened may hold a page that somebody has mapped.
        writer.earlier_page_lives_ = was_there;
        if (wanted) writer.fail(cannot("make the directory of the epoch page", directory, error));
        return writer;
    }
    struct stat found{};
    if (::fstat(place.get(), &found) != 0 || found.st_uid != ::geteuid() ||
        (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        writer.earlier_page_lives_ = true;
        if (wanted) {
            writer.fail(not_ours(
                directory, fmt::format("belongs to uid {} and has mode {:04o}", found.st_uid, found.st_mode & 07777U)));
        }
        return writer;
    }

    const UniqueFd earlier{::openat(place.get(), jeton::page::page_file_name, O_RDONLY | safely)};
    const bool none = !earlier && errno == ENOENT;
    writer.earlier_page_lives_ = none ? was_there && !may_be_new : !earlier || !end_earlier(earlier.get());

    if (!wanted) return writer;
    if (::fchmod(place.get(), jeton::page::page_directory_mode) != 0 || !writer.make(place.get())) {
        writer.fail(cannot("write the epoch page", writer.path_, errno));
        ::unlinkat(place.get(), unfinished_name, 0);
        return writer;
    }
    writer.state_ = State::on;
    return writer;
}

void EpochPageWriter::wait_out_earlier_page() const {
    log::warning("the epoch page of an earlier jetond at {} cannot be ended: serving begins when it is stale, in 3 s",
                 path_.string());
    constexpr std::chrono::nanoseconds stale_after{jeton::page::heartbeat_lasts};
    std::this_thread::sleep_for(stale_after + std::chrono::milliseconds{100});
}

/// Written, not only given a length: a full disk is told now, not by a signal at the first change.
bool EpochPageWriter::make(int directory) {
    ::unlinkat(directory, unfinished_name, 0);  // what a front left behind that was killed here
    const UniqueFd file{::openat(directory, unfinished_name, O_RDWR | O_CREAT | O_EXCL | safely, 0600)};
    if (!file) return false;
    static constexpr std::array<char, jeton::page::page_size> zeros{};
    const auto written = ::write(file.get(), zeros.data(), zeros.size());
    if (written >= 0 && static_cast<std::size_t>(written) != zeros.size()) errno = ENOSPC;
    struct stat made{};
    if (written < 0 || static_cast<std::size_t>(written) != zeros.size() || ::fstat(file.get(), &made) != 0)
        return false;
    page_ = map(file.get());
    if (page_ == nullptr) return false;
    jeton::page::begin_page(*page_, jeton::page::time_namespace());
    device_ = made.st_dev;
    inode_ = made.st_ino;
    return ::fchmod(file.get(), jeton::page::page_mode) == 0 &&
           ::renameat(directory, unfinished_name, directory, jeton::page::page_file_name) == 0;
}

void EpochPageWriter::fail(Error problem) {
    log::warning("there is no epoch page, so that every token is fetched: {}; {}", problem.what, problem.next);
    problem_ = std::move(problem);
    state_ = State::failed;
}

void EpochPageWriter::say(const Era& era) {
    if (page_ == nullptr) return;
    jeton::page::publish(*page_, {jeton::page::instance_of(era.instance), era.epoch}, jeton::page::boot_time());
}

void EpochPageWriter::beat() {
    if (page_ != nullptr) jeton::page::beat(*page_, jeton::page::boot_time());
}

void EpochPageWriter::end() {
    if (page_ != nullptr) jeton::page::void_page(*page_);
}

bool EpochPageWriter::is_in_place() const {
    struct stat found{};
    return page_ != nullptr && ::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
}

}  // namespace jeton::front
