#include "daemon/base/files.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/unique_fd.hpp"

namespace jeton {
namespace {

constexpr std::size_t file_limit = 64UZ * 1024;

Error cannot(std::string_view verb, const std::filesystem::path& file, int error) {
    const auto code = error == ENOENT ? Errc::not_found : Errc::wrong_state;
    return refuse(
        code, fmt::format("cannot {} {}: {}", verb, file.string(), std::strerror(error)),
        error == ENOENT ? "create it, or name another path in the configuration" : "check its owner and mode");
}

Error in_the_way(const std::filesystem::path& file) {
    return refuse(Errc::already_exists, fmt::format("{} exists", file.string()), "name another path");
}

Result<void> check_owner(const std::filesystem::path& path, const struct stat& found, mode_t forbidden) {
    if (found.st_uid != 0 && found.st_uid != geteuid()) {
        return refuse(Errc::wrong_state, fmt::format("{} belongs to uid {}", path.string(), found.st_uid),
                      fmt::format("chown it to uid {} or root", geteuid()));
    }
    if ((found.st_mode & forbidden) != 0) {
        return refuse(Errc::wrong_state, fmt::format("{} has mode {:04o}", path.string(), found.st_mode & 07777U),
                      fmt::format("chmod {:04o} {}", found.st_mode & 07777U & ~forbidden, path.string()));
    }
    return {};
}

Result<UniqueFd> open_checked(const std::filesystem::path& file, mode_t forbidden) {
    UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (!fd) return cannot("read", file, errno);
    struct stat found{};
    if (::fstat(fd.get(), &found) != 0) return cannot("read", file, errno);
    if (!S_ISREG(found.st_mode)) {
        return refuse(Errc::wrong_state, fmt::format("{} is not a regular file", file.string()), "name a regular file");
    }
    if (const auto owner = check_owner(file, found, forbidden); !owner) return owner.error();
    return fd;
}

Result<SecretBytes> read_checked(const std::filesystem::path& file, mode_t forbidden) {
    auto fd = open_checked(file, forbidden);
    if (!fd) return fd.error();
    SecretBytes content{file_limit + 1};
    std::size_t size = 0;
    while (size < content.size()) {
        const auto got = ::read(fd->get(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot("read", file, errno);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > file_limit) {
        return refuse(Errc::wrong_state, fmt::format("{} is larger than 64 KiB", file.string()), "name the right file");
    }
    return SecretBytes{std::span<const unsigned char>{content.data(), size}};
}

}  // namespace

Result<void> ensure_private_directory(const std::filesystem::path& directory) {
    std::error_code ec;
    if (directory.has_parent_path() && !std::filesystem::exists(directory.parent_path(), ec)) {
        if (const auto parent = ensure_private_directory(directory.parent_path()); !parent) return parent;
    }
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return cannot("create directory", directory, errno);
    struct stat found{};
    if (::lstat(directory.c_str(), &found) != 0) return cannot("look at", directory, errno);
    if (!S_ISDIR(found.st_mode)) {
        return refuse(Errc::wrong_state, fmt::format("{} is not a directory", directory.string()), "name a directory");
    }
    return check_owner(directory, found, S_IWGRP | S_IWOTH);
}

Result<void> check_trusted_file(const std::filesystem::path& file, bool secret) {
    const auto fd = open_checked(file, secret ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH);
    if (!fd) return fd.error();
    return {};
}

Result<SecretBytes> read_secret_file(const std::filesystem::path& file) {
    return read_checked(file, S_IRWXG | S_IRWXO);
}

Result<SecretBytes> read_credential_file(const std::filesystem::path& file) {
    return read_checked(file, S_IWGRP | S_IXGRP | S_IRWXO);
}

Result<std::string> read_trusted_file(const std::filesystem::path& file) {
    const auto content = read_checked(file, S_IWGRP | S_IWOTH);
    if (!content) return content.error();
    return std::string{reinterpret_cast<const char*>(content->data()), content->size()};
}

Result<void> create_secret_file(const std::filesystem::path& file, std::string_view content) {
    std::error_code ec;
    if (std::filesystem::symlink_status(file, ec).type() != std::filesystem::file_type::not_found)
        return in_the_way(file);
    const auto unfinished = std::filesystem::path{file}.concat(".new");
    ::unlink(unfinished.c_str());  // what a power cut left behind
    const auto give_up = [&](std::string_view act) {
        const int error = errno;
        ::unlink(unfinished.c_str());
        throw std::system_error(error, std::generic_category(), fmt::format("{} {}", act, file.string()));
    };
    {
        const UniqueFd fd{::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
        if (!fd) return cannot("create", file, errno);
        const auto written = ::write(fd.get(), content.data(), content.size());
        if (written >= 0 && written != static_cast<ssize_t>(content.size())) errno = ENOSPC;
        if (written != static_cast<ssize_t>(content.size()) || ::fsync(fd.get()) != 0) give_up("write");
    }
    if (::link(unfinished.c_str(), file.c_str()) != 0) {  // unlike a rename, it replaces nothing
        if (errno != EEXIST) give_up("create");
        ::unlink(unfinished.c_str());
        return in_the_way(file);
    }
    ::unlink(unfinished.c_str());
    sync_directory(file.parent_path());
    return {};
}

void sync_directory(const std::filesystem::path& directory) {
    const UniqueFd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!fd || ::fsync(fd.get()) != 0) {
        throw std::system_error(errno, std::generic_category(), "sync " + directory.string());
    }
}

}  // namespace jeton
