#include "daemon/base/files.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
#include "daemon/base/file_helper.hpp"
#include "daemon/base/unique_fd.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton {
namespace {

constexpr std::size_t file_limit = 64UZ * 1024;
constexpr std::size_t certificates_limit = 512UZ * 1024;  // the authorities of a whole system are 220 KiB
constexpr std::size_t key_file_characters = 50;           // base 36: 258 bits

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

Result<UniqueFd> open_regular(const std::filesystem::path& file, struct stat& found) {
    UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (!fd || ::fstat(fd.get(), &found) != 0) return cannot("read", file, errno);
    if (S_ISREG(found.st_mode)) return fd;
    return refuse(Errc::wrong_state, fmt::format("{} is not a regular file", file.string()), "name a regular file");
}

Result<UniqueFd> open_checked(const std::filesystem::path& file, mode_t forbidden) {
    struct stat found{};
    auto fd = open_regular(file, found);
    if (!fd) return fd;
    if (const auto owner = check_owner(file, found, forbidden); !owner) return owner.error();
    return fd;
}

/// Reads all of `file` into `space`, which is a byte longer than what it may hold. Returns the size.
Result<std::size_t> read_whole(const std::filesystem::path& file, mode_t forbidden, std::span<unsigned char> space) {
    auto fd = open_checked(file, forbidden);
    if (!fd) return fd.error();
    std::size_t size = 0;
    while (size < space.size()) {
        const auto got = ::read(fd->get(), space.data() + size, space.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot("read", file, errno);
        if (got == 0) return size;
        size += static_cast<std::size_t>(got);
    }
    return refuse(Errc::wrong_state, fmt::format("{} is larger than {} KiB", file.string(), (space.size() - 1) / 1024),
                  "name the right file");
}

Result<SecretBytes> read_checked(const std::filesystem::path& file, mode_t forbidden) {
    SecretBytes content{file_limit + 1};
    const auto size = read_whole(file, forbidden, content.span());
    if (!size) return size.error();
    return SecretBytes{std::span<const unsigned char>{content.data(), *size}};
}

/// Whether only the helper may open it: this process has confined itself to other directories.
bool is_out_of_reach(const std::filesystem::path& file) {
    if (!has_file_helper()) return false;
    const UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    return !fd && errno == EACCES;
}

Result<SecretBytes> secret_from_helper(FileKind kind, const std::filesystem::path& file) {
    auto content = ask_file_helper(kind, file);
    if (!content) return content.error();
    SecretBytes secret{bytes_of(*content)};
    protocol::wipe(*content);
    return secret;
}

/// What is durable in a new directory is lost with the directory's own entry. Who may make one may be kept from reading
/// the one around it, which cannot be synchronised then.
Result<void> make_entry_durable(const std::filesystem::path& directory) {
    const auto parent = directory.has_parent_path() ? directory.parent_path() : std::filesystem::path{"."};
    const UniqueFd fd{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (fd ? ::fsync(fd.get()) == 0 : errno == EACCES) return {};
    return cannot("synchronise", parent, errno);
}

/// The PEM blocks of `text` that are certificates.
std::string certificates_in(std::string_view text) {
    std::string found;
    for (std::size_t at = 0; (at = text.find("-----BEGIN ", at)) != std::string_view::npos;) {
        const auto name_at = at + 11;
        const auto name = text.substr(name_at, text.find("-----", name_at) - name_at);
        const auto last_line = fmt::format("-----END {}-----", name);
        const auto end = text.find(last_line, name_at);
        if (end == std::string_view::npos) break;
        const bool certificate = name == "CERTIFICATE" || name == "X509 CERTIFICATE" || name == "TRUSTED CERTIFICATE";
        if (certificate) found.append(text.substr(at, end + last_line.size() - at)).append("\n");
        at = end + last_line.size();
    }
    return found;
}

}  // namespace

Result<void> ensure_private_directory(const std::filesystem::path& directory) {
    std::error_code ec;
    if (directory.has_parent_path() && !std::filesystem::exists(directory.parent_path(), ec)) {
        if (const auto parent = ensure_private_directory(directory.parent_path()); !parent) return parent;
    }
    if (::mkdir(directory.c_str(), 0700) == 0) {
        if (auto durable = make_entry_durable(directory); !durable) return durable;
    } else if (errno != EEXIST) {
        return cannot("create directory", directory, errno);
    }
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
    if (is_out_of_reach(file)) return secret_from_helper(FileKind::secret, file);
    return read_checked(file, S_IRWXG | S_IRWXO);
}

Result<SecretBytes> read_credential_file(const std::filesystem::path& file) {
    if (is_out_of_reach(file)) return secret_from_helper(FileKind::credential, file);
    return read_checked(file, S_IWGRP | S_IXGRP | S_IRWXO);
}

Result<std::string> read_trusted_file(const std::filesystem::path& file) {
    if (is_out_of_reach(file)) return ask_file_helper(FileKind::trusted, file);
    const auto content = read_checked(file, S_IWGRP | S_IWOTH);
    if (!content) return content.error();
    return std::string{reinterpret_cast<const char*>(content->data()), content->size()};
}

Result<void> create_secret_file(const std::filesystem::path& file, std::string_view content) {
    std::error_code ec;
    const auto found = std::filesystem::symlink_status(file, ec).type();
    if (found == std::filesystem::file_type::none) return cannot("create", file, ec.value());
    if (found != std::filesystem::file_type::not_found) return in_the_way(file);
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

Result<void> create_key_file(const std::filesystem::path& file) {
    if (has_file_helper()) {
        const auto made = ask_file_helper(FileKind::new_key, file);
        if (!made) return made.error();
        return {};
    }
    if (auto directory = ensure_private_directory(file.parent_path()); !directory) return directory.error();
    return create_secret_file(file, random_base36(key_file_characters).reveal());
}

Result<std::string> read_certificates(const std::filesystem::path& file) {
    if (is_out_of_reach(file)) return ask_file_helper(FileKind::certificates, file);
    std::string content(certificates_limit + 1, '\0');
    // Who may write it says who may stand in for a token endpoint.
    const auto size =
        read_whole(file, S_IWGRP | S_IWOTH, {reinterpret_cast<unsigned char*>(content.data()), content.size()});
    if (!size) return size.error();
    auto certificates = certificates_in(std::string_view{content}.substr(0, *size));
    protocol::wipe(content);  // a private key may stand beside them
    if (!certificates.empty()) return certificates;
    return refuse(Errc::wrong_state, fmt::format("{} holds no certificate", file.string()),
                  "name a file with certificates in PEM form (BEGIN CERTIFICATE)");
}

void sync_directory(const std::filesystem::path& directory) {
    const UniqueFd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!fd || ::fsync(fd.get()) != 0) {
        throw std::system_error(errno, std::generic_category(), "sync " + directory.string());
    }
}

}  // namespace jeton
