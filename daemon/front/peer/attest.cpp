#include "daemon/front/peer/attest.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/base/unique_fd.hpp"

namespace jeton::front {
namespace {

constexpr int so_peerpidfd = 77;  // newer than the C library's headers
constexpr uid_t overflow_uid = 65534;

Error unknown_caller(std::string note) {
    auto refusal = refuse(Errc::forbidden, "the daemon cannot tell who is calling", "connect again");
    refusal.operator_note = std::move(note);
    return refusal;
}

Error failed(std::string_view call) { return unknown_caller(fmt::format("{}: {}", call, std::strerror(errno))); }

/// A small file of /proc; nothing on any error.
std::optional<std::string> read_small(const char* path) {
    const UniqueFd file{::open(path, O_RDONLY | O_CLOEXEC)};
    if (!file) return std::nullopt;
    std::array<char, 1024> text;
    const auto size = ::read(file.get(), text.data(), text.size());
    if (size <= 0) return std::nullopt;
    return std::string{text.data(), static_cast<std::size_t>(size)};
}

Result<UniqueFd> open_peer(int socket, pid_t pid) {
    int fd = -1;
    socklen_t size = sizeof fd;
    if (::getsockopt(socket, SOL_SOCKET, so_peerpidfd, &fd, &size) == 0) return UniqueFd{fd};
    if (errno != ENOPROTOOPT) return failed("SO_PEERPIDFD");
    UniqueFd by_number{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (!by_number) return failed("pidfd_open");
    return by_number;
}

bool is_alive(const UniqueFd& process) {
    pollfd asked{.fd = process.get(), .events = POLLIN, .revents = 0};
    return ::poll(&asked, 1, 0) == 0;
}

/// The numbers behind `name` in a pidfd's fdinfo.
std::vector<long> numbers_of(std::string_view info, std::string_view name) {
    std::vector<long> numbers;
    auto at = info.starts_with(name) ? 0 : info.find("\n" + std::string{name});
    if (at == std::string_view::npos) return numbers;
    at = info.find(':', at) + 1;
    const auto line = info.substr(at, info.find('\n', at) - at);
    const char* end = line.data() + line.size();
    for (const char* c = line.data(); c < end;) {
        long number = 0;
        const auto read = std::from_chars(c, end, number);
        if (read.ec == std::errc{}) numbers.push_back(number);
        c = read.ec == std::errc{} ? read.ptr : c + 1;
    }
    return numbers;
}

/// True where the process belongs to another PID namespace than ours.
Result<bool> is_foreign(const UniqueFd& process) {
    const auto info = read_small(fmt::format("/proc/self/fdinfo/{}", process.get()).c_str());
    if (!info) return failed("fdinfo");
    const auto pid = numbers_of(*info, "Pid:");
    const auto nested = numbers_of(*info, "NSpid:");
    if (pid.size() != 1) return unknown_caller("fdinfo names no process");
    if (pid.front() < 0) return unknown_caller("the caller has gone");
    return pid.front() == 0 || nested.size() != 1;
}

}  // namespace

Result<Peer> attest(int socket, const Clock& clock) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return failed("SO_PEERCRED");
    if (size != sizeof credentials) return unknown_caller("SO_PEERCRED is short");
    if (credentials.uid == overflow_uid || credentials.uid == static_cast<uid_t>(-1)) {
        return unknown_caller(fmt::format("uid {} is no identity", credentials.uid));
    }
    Peer peer{.uid = credentials.uid,
              .gid = credentials.gid,
              .pid = credentials.pid,
              .foreign = true,
              .attested_at = clock.boot_time()};
    if (credentials.pid == 0) return peer;  // it lives outside our PID namespace: no process to ask about
    const auto process = open_peer(socket, credentials.pid);
    if (!process) return process.error();
    const auto foreign = is_foreign(*process);
    if (!foreign) return foreign.error();
    peer.foreign = *foreign;
    if (!is_alive(*process)) return unknown_caller("the caller has gone");
    return peer;
}

std::optional<std::string> command_of(int socket, const Peer& peer) {
    if (peer.pid <= 0) return std::nullopt;
    const auto process = open_peer(socket, peer.pid);
    if (!process) return std::nullopt;
    auto name = read_small(fmt::format("/proc/{}/comm", peer.pid).c_str());
    if (!name || !is_alive(*process)) return std::nullopt;
    if (name->ends_with('\n')) name->pop_back();
    return log::escape(*name);  // a process names itself as it likes, in any bytes
}

Result<std::vector<gid_t>> groups_of(int socket) {
    std::vector<gid_t> groups(64);
    for (;;) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
            groups.resize(size / sizeof(gid_t));
            return groups;
        }
        if (errno != ERANGE || size <= groups.size() * sizeof(gid_t)) return failed("SO_PEERGROUPS");
        groups.resize(size / sizeof(gid_t));
    }
}

Result<void> check_identity_map() {
    const auto map = read_small("/proc/self/uid_map");
    std::istringstream line{map.value_or("")};
    unsigned long inside = 1, outside = 1, count = 0;
    line >> inside >> outside >> count;
    if (line && inside == 0 && outside == 0 && count == 4294967295UL) return {};
    return refuse(Errc::wrong_state,
                  "this process sees other user numbers than the host's: it could not tell its callers apart",
                  "run it outside a user namespace, without PrivateUsers=, ProtectProc= and ProcSubset=");
}

}  // namespace jeton::front
