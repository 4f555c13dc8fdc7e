#include "daemon/base/journal.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace jeton::log {
namespace {

/// syslog(3): what the journal's priorities mean.
int priority_of(Level level) {
    switch (level) {
        case Level::debug: return 7;
        case Level::info: return 6;
        case Level::warning: return 4;
        case Level::error: return 3;
    }
    return 3;
}

void append(std::string& entry, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    entry += name;
    if (value.find('\n') == std::string_view::npos) {
        (entry += '=') += value;
    } else {
        entry += '\n';
        const auto length = static_cast<std::uint64_t>(value.size());
        for (int shift = 0; shift < 64; shift += 8) entry += static_cast<char>((length >> shift) & 0xffU);
        entry += value;
    }
    entry += '\n';
}

}  // namespace

std::string journal_entry(std::string_view program, Level level, std::string_view message_id,
                          std::span<const Field> fields, std::string_view line) {
    std::string entry;
    append(entry, "MESSAGE", line);
    append(entry, "PRIORITY", std::to_string(priority_of(level)));
    append(entry, "SYSLOG_IDENTIFIER", program);
    append(entry, "MESSAGE_ID", message_id);
    for (const auto& field : fields) append(entry, field.name, field.value);
    return entry;
}

bool is_journal(const char* journal_stream, int fd) {
    struct stat found{};
    if (journal_stream == nullptr || ::fstat(fd, &found) != 0) return false;
    return journal_stream == fmt::format("{}:{}", found.st_dev, found.st_ino);
}

std::optional<JournalSocket> JournalSocket::connect(const std::filesystem::path& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto& path = socket.native();
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UniqueFd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    struct stat found{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the form of connect(2)
    if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::fstat(fd.get(), &found) != 0)
        return std::nullopt;
    return JournalSocket{std::move(fd), found.st_dev, found.st_ino};
}

JournalSocket::~JournalSocket() {
    if (fd_ && !is_still_there()) (void)fd_.release();
}

bool JournalSocket::send(std::string_view entry) const {
    return is_still_there() && ::send(fd_.get(), entry.data(), entry.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
                                   static_cast<ssize_t>(entry.size());
}

bool JournalSocket::is_still_there() const {
    struct stat found{};
    return fd_ && ::fstat(fd_.get(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
}

}  // namespace jeton::log
