/// systemd's journal by its native protocol (systemd.io, "Native Journal Protocol"): one datagram an entry.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "daemon/base/log.hpp"
#include "daemon/base/unique_fd.hpp"

namespace jeton::log {

/// The bytes of an entry. A value with a line feed in it is written with its length.
[[nodiscard]] std::string journal_entry(std::string_view program, Level level, std::string_view message_id,
                                        std::span<const Field> fields, std::string_view line);

/// Whether `$JOURNAL_STREAM` (`DEVICE:INODE`) names what file descriptor `fd` is.
[[nodiscard]] bool is_journal(const char* journal_stream, int fd);

/// A socket that is connected while the process may still make one: afterwards it is confined. libsystemd makes its
/// own at the first message and believes its number for ever; our processes close what they did not ask for.
class JournalSocket {
public:
    /// Nothing where nobody listens there.
    [[nodiscard]] static std::optional<JournalSocket> connect(const std::filesystem::path& socket);

    JournalSocket(JournalSocket&&) noexcept = default;
    JournalSocket& operator=(JournalSocket&&) = delete;
    JournalSocket(const JournalSocket&) = delete;
    JournalSocket& operator=(const JournalSocket&) = delete;
    /// Leaves alone what has taken the number of a socket that was closed meanwhile.
    ~JournalSocket();

    /// False where it did not get there: the journal is busy or gone, the entry too long, or the descriptor is no
    /// longer this socket's. Never waits.
    [[nodiscard]] bool send(std::string_view entry) const;

private:
    JournalSocket(UniqueFd fd, dev_t device, ino_t inode) : fd_(std::move(fd)), device_(device), inode_(inode) {}
    [[nodiscard]] bool is_still_there() const;

    UniqueFd fd_;
    dev_t device_;
    ino_t inode_;
};

}  // namespace jeton::log
