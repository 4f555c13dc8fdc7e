/// A process, held so that its number cannot come to mean another one unnoticed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/unique_fd.hpp"

namespace jeton::front {

/// What a caller is told where identifying it failed; `note` is the true reason, for log and audit.
[[nodiscard]] Error unknown_caller(std::string note);
/// The same for a system call that has just failed: `note` is its name and `errno` in words.
[[nodiscard]] Error failed_call(std::string_view call);

/// A whole file of at most `limit` bytes, which may be one of /proc. Nothing on any error, with `errno` set (EFBIG
/// where it is longer).
[[nodiscard]] std::optional<std::string> read_text(const std::string& path, std::size_t limit);

/// The numbers behind `name` (`Pid:`) in a text of /proc with one name a line.
[[nodiscard]] std::vector<long> numbers_of(std::string_view text, std::string_view name);

/// A pidfd and the number of its process in our PID namespace. What is read by the number counts only if `is_alive()`
/// says so *afterwards*: until a process has ended, its number is its own (T1).
class Process {
public:
    /// What PIDFD_GET_INFO tells since Linux 6.13, without a look at the number.
    struct Info {
        uid_t effective_uid;                  ///< as it is now, not as it was at connect()
        std::optional<std::uint64_t> cgroup;  ///< inode of its directory in cgroup2
    };

    /// The process that connected `socket` and has the number `pid` there. A kernel before 6.5 has no SO_PEERPIDFD:
    /// then whoever has the number *now* is taken, and `is_certain()` is false.
    [[nodiscard]] static Result<Process> behind(int socket, pid_t pid);
    /// Whoever has this number now. Refuses `not_found`.
    [[nodiscard]] static Result<Process> numbered(pid_t pid);

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool is_certain() const { return certain_; }
    [[nodiscard]] bool is_alive() const;
    /// True where it belongs to another PID namespace than ours. A process keeps its namespace for life: where the
    /// kernel gives pidfds inodes that never come again (Linux 6.9), it is looked up once for each process.
    [[nodiscard]] Result<bool> is_foreign() const;
    /// Nothing where the kernel is older.
    [[nodiscard]] Result<std::optional<Info>> info() const;
    /// When the process that has the number was started, or a little later: never earlier than it was.
    [[nodiscard]] Result<BootTime> started() const;
    /// `/proc/PID/NAME`, read like `read_text`.
    [[nodiscard]] std::optional<std::string> read(std::string_view name) const;

private:
    Process(UniqueFd fd, pid_t pid, bool certain) : fd_(std::move(fd)), pid_(pid), certain_(certain) {}
    [[nodiscard]] Result<bool> look_up_foreign() const;

    UniqueFd fd_;
    pid_t pid_;
    bool certain_;
};

/// "Linux 6.1.0-18-amd64".
[[nodiscard]] std::string kernel_name();
/// Whether this kernel names the process behind a socket by itself (SO_PEERPIDFD).
[[nodiscard]] bool kernel_names_peers();

}  // namespace jeton::front
