#include "daemon/front/peer/pidfd.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>
#include <unordered_map>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

namespace jeton::front {
namespace {

// Newer than the headers of the C library and of the kernel that we are built with.

constexpr int so_peerpidfd = 77;

/// `struct pidfd_info` as Linux 6.13 had it first; later kernels take it by its size.
struct PidfdInfo {
    std::uint64_t mask;
    std::uint64_t cgroup;
    std::uint32_t pid, tgid, ppid;
    std::uint32_t real_uid, real_gid, effective_uid, effective_gid;
    std::uint32_t saved_uid, saved_gid, filesystem_uid, filesystem_gid;
    std::int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);

constexpr unsigned long pidfd_get_info = _IOWR(0xff, 11, PidfdInfo);
constexpr std::uint64_t has_users = 1U << 1U;
constexpr std::uint64_t has_cgroup = 1U << 2U;

constexpr std::size_t proc_limit = 64UZ * 1024;
constexpr int start_time_field = 22;  ///< of /proc/PID/stat, counted from 1 (proc(5))

/// A number without a process: pidfd_open has a word for each way in which there is none.
bool means_no_process(int error) { return error == ESRCH || error == EINVAL || error == ENOENT; }

/// What is known of a process that has been looked up.
struct Placed {
    pid_t pid;
    bool foreign;
};
constexpr std::size_t known_limit = 4096;

/// The inode of a pidfd where no other process will have it until the host boots again: on 64 bits, since pidfds have a
/// file system of their own. Before, all of them have one inode.
std::optional<std::uint64_t> lasting_inode(int pidfd) {
    constexpr std::uint64_t pidfs = 0x50494446;
    static const bool lasting = [pidfd] {
        struct statfs told{};
        return sizeof(ino_t) >= sizeof(std::uint64_t) && ::fstatfs(pidfd, &told) == 0 &&
               static_cast<std::uint64_t>(told.f_type) == pidfs;
    }();
    struct stat told{};
    if (!lasting || ::fstat(pidfd, &told) != 0) return std::nullopt;
    return told.st_ino;
}

}  // namespace

Error unknown_caller(std::string note) {
    auto refusal = refuse(Errc::forbidden, "the daemon cannot tell who is calling", "connect again");
    refusal.operator_note = std::move(note);
    return refusal;
}

Error failed_call(std::string_view call) { return unknown_caller(fmt::format("{}: {}", call, std::strerror(errno))); }

std::optional<std::string> read_text(const std::string& path, std::size_t limit) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!file) return std::nullopt;
    std::string text;
    std::array<char, 4096> part;
    for (;;) {
        const auto size = ::read(file.get(), part.data(), part.size());
        if (size == 0) return text;
        if (size < 0) return std::nullopt;
        text.append(part.data(), static_cast<std::size_t>(size));
        if (text.size() > limit) {
            errno = EFBIG;
            return std::nullopt;
        }
    }
}

std::vector<long> numbers_of(std::string_view text, std::string_view name) {
    std::vector<long> numbers;
    auto at = text.starts_with(name) ? 0 : text.find("\n" + std::string{name});
    if (at == std::string_view::npos) return numbers;
    at = text.find(':', at) + 1;
    const auto line = text.substr(at, text.find('\n', at) - at);
    const char* end = line.data() + line.size();
    for (const char* c = line.data(); c < end;) {
        long number = 0;
        const auto read = std::from_chars(c, end, number);
        if (read.ec == std::errc{}) numbers.push_back(number);
        c = read.ec == std::errc{} ? read.ptr : c + 1;
    }
    return numbers;
}

Result<Process> Process::behind(int socket, pid_t pid) {
    int fd = -1;
    socklen_t size = sizeof fd;
    if (::getsockopt(socket, SOL_SOCKET, so_peerpidfd, &fd, &size) == 0) return Process{UniqueFd{fd}, pid, true};
    if (errno != ENOPROTOOPT) return failed_call("SO_PEERPIDFD");
    UniqueFd by_number{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (!by_number) return failed_call("pidfd_open");
    return Process{std::move(by_number), pid, false};
}

Result<Process> Process::numbered(pid_t pid) {
    UniqueFd fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (fd) return Process{std::move(fd), pid, false};
    if (!means_no_process(errno)) return failed_call("pidfd_open");
    return refuse(Errc::not_found, fmt::format("there is no process {}", pid), "ps -e");
}

bool Process::is_alive() const {
    pollfd asked{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    int ended = -1;
    // A signal, as a restart sends one, interrupts even a poll that does not wait: that says nothing of the process.
    do {
        ended = ::poll(&asked, 1, 0);
    } while (ended < 0 && errno == EINTR);
    return ended == 0;
}

Result<bool> Process::is_foreign() const {
    const auto inode = lasting_inode(fd_.get());
    if (!inode) return look_up_foreign();
    // Each thread for itself: ours is one, the tests' are several.
    static thread_local std::unordered_map<std::uint64_t, Placed> known;
    if (const auto found = known.find(*inode); found != known.end() && found->second.pid == pid_)
        return found->second.foreign;
    const auto foreign = look_up_foreign();
    if (!foreign) return foreign;
    if (known.size() >= known_limit) known.clear();
    known[*inode] = {.pid = pid_, .foreign = *foreign};
    return foreign;
}

Result<bool> Process::look_up_foreign() const {
    const auto text = read_text(fmt::format("/proc/self/fdinfo/{}", fd_.get()), proc_limit);
    if (!text) return failed_call("fdinfo");
    const auto number = numbers_of(*text, "Pid:");
    const auto nested = numbers_of(*text, "NSpid:");
    if (number.size() != 1) return unknown_caller("fdinfo names no process");
    if (number.front() < 0) return unknown_caller("the caller has gone");
    if (number.front() == 0) return true;
    if (number.front() != pid_) return unknown_caller("the kernel gives the caller two numbers");
    return nested.size() != 1;
}

Result<std::optional<Process::Info>> Process::info() const {
    PidfdInfo told{};
    told.mask = has_users | has_cgroup;
    if (::ioctl(fd_.get(), pidfd_get_info, &told) != 0) {
        // Linux 6.11 and 6.12 know other requests of a pidfd, and say EINVAL to one with an argument.
        if (errno == ENOTTY || errno == EINVAL) return std::optional<Info>{};
        return failed_call("PIDFD_GET_INFO");
    }
    if ((told.mask & has_users) == 0) return unknown_caller("PIDFD_GET_INFO names no user");
    Info info{.effective_uid = told.effective_uid, .cgroup = {}};
    if ((told.mask & has_cgroup) != 0) info.cgroup = told.cgroup;
    return std::optional{info};
}

Result<BootTime> Process::started() const {
    const auto text = read("stat");
    if (!text) return failed_call("/proc/PID/stat");
    // "PID (NAME) STATE PARENT …", where the name may hold anything: what counts stands behind its last parenthesis.
    const auto behind_name = text->rfind(')');
    if (behind_name == std::string::npos) return unknown_caller("/proc/PID/stat has no name in it");
    std::istringstream fields{text->substr(behind_name + 1)};
    std::string skipped;
    for (int field = 3; field < start_time_field; ++field) fields >> skipped;
    std::int64_t ticks = -1;
    const auto ticks_per_second = ::sysconf(_SC_CLK_TCK);
    if (!(fields >> ticks) || ticks < 0 || ticks_per_second <= 0)
        return unknown_caller("/proc/PID/stat names no start time");
    ++ticks;  // what it names is rounded down
    // Whole seconds apart: after three years, nanoseconds times ticks are more than the number holds.
    return std::chrono::seconds{ticks / ticks_per_second} +
           BootTime{std::chrono::seconds{1}} * (ticks % ticks_per_second) / ticks_per_second;
}

std::optional<std::string> Process::read(std::string_view name) const {
    return read_text(fmt::format("/proc/{}/{}", pid_, name), proc_limit);
}

std::string kernel_name() {
    utsname names{};
    if (::uname(&names) != 0) return "this kernel";
    return fmt::format("{} {}", names.sysname, names.release);
}

bool kernel_names_peers() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return true;  // each caller will tell
    const UniqueFd one{ends[0]}, other{ends[1]};
    int fd = -1;
    socklen_t size = sizeof fd;
    const bool absent = ::getsockopt(one.get(), SOL_SOCKET, so_peerpidfd, &fd, &size) != 0 && errno == ENOPROTOOPT;
    const UniqueFd named{fd};
    return !absent;
}

}  // namespace jeton::front
