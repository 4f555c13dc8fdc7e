#include "daemon/front/peer/attest.hpp"

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"

namespace jeton::front {
namespace {

constexpr uid_t overflow_uid = 65534;
constexpr std::size_t groups_limit = 4096;  ///< with their names they must fit into an inner frame
constexpr std::size_t map_limit = 64UZ * 1024;

constexpr const char* outside = "it lives outside the daemon's PID namespace";

Error gone() { return unknown_caller("the caller has gone"); }

bool is_identity(uid_t uid) { return uid != overflow_uid && uid != static_cast<uid_t>(-1); }

std::vector<gid_t> in_order(std::vector<gid_t> groups, gid_t primary) {
    groups.push_back(primary);
    std::ranges::sort(groups);
    const auto doubles = std::ranges::unique(groups);
    groups.erase(doubles.begin(), doubles.end());
    return groups;
}

/// The groups the kernel gave the process that connected, the primary one among them.
Result<std::vector<gid_t>> groups_of(int socket, gid_t primary) {
    std::vector<gid_t> groups(64);
    for (;;) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
            groups.resize(size / sizeof(gid_t));
            return in_order(std::move(groups), primary);
        }
        if (errno != ERANGE || size <= groups.size() * sizeof(gid_t)) return failed_call("SO_PEERGROUPS");
        if (size > groups_limit * sizeof(gid_t)) return unknown_caller("the caller is in more than 4096 groups");
        groups.resize(size / sizeof(gid_t));
    }
}

/// `certain`: the number means the process that connected. Else it may have come to mean another one since.
Result<Unit> unit_behind(const Process& process, bool foreign, bool certain, const std::optional<Process::Info>& info) {
    if (foreign) return no_unit("it lives in another PID namespace");
    if (!certain) return no_unit(why_no_units().value_or("the kernel does not name the process"));
    return unit_of(process, info);
}

/// For the audit and for explanations: there an error is a reason like any other.
Unit unit_if_known(const Process& process, bool foreign, bool certain) {
    const auto info = process.info();
    if (!info) return no_unit(info.error().operator_note);
    auto unit = unit_behind(process, foreign, certain, *info);
    return unit ? *std::move(unit) : no_unit(unit.error().operator_note);
}

std::optional<std::string> command_of(const Process& process) {
    auto name = process.read("comm");
    if (!name) return std::nullopt;
    if (name->ends_with('\n')) name->pop_back();
    return log::escape(*name);  // a process names itself as it likes, in any bytes
}

/// The second number of a line of /proc/PID/status: what is effective.
std::optional<std::uint32_t> effective(std::string_view status, std::string_view name) {
    const auto numbers = numbers_of(status, name);
    if (numbers.size() != 4) return std::nullopt;
    return static_cast<std::uint32_t>(numbers[1]);
}

std::vector<gid_t> supplementary(std::string_view status) {
    std::vector<gid_t> groups;
    for (const auto number : numbers_of(status, "Groups:")) groups.push_back(static_cast<gid_t>(number));
    return groups;
}

}  // namespace

Result<Peer> attest(int socket, const Details& asked, const Clock& clock, BootTime connected_after) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return failed_call("SO_PEERCRED");
    if (size != sizeof credentials) return unknown_caller("SO_PEERCRED is short");
    if (!is_identity(credentials.uid)) return unknown_caller(fmt::format("uid {} is no identity", credentials.uid));
    Peer peer{.uid = credentials.uid,
              .gid = credentials.gid,
              .pid = credentials.pid,
              .foreign = true,
              .attested_at = clock.boot_time()};
    if (asked.groups) {
        auto groups = groups_of(socket, credentials.gid);
        if (!groups) return groups.error();
        peer.groups = std::move(*groups);
    }
    if (credentials.pid == 0) {  // no process to ask about
        if (asked.unit) peer.unit = no_unit(outside);
        return peer;
    }
    const auto process = Process::behind(socket, credentials.pid);
    if (!process) return process.error();
    const auto foreign = process->is_foreign();
    if (!foreign) return foreign.error();
    peer.foreign = *foreign;
    if (!process->is_certain()) {
        const auto started = process->started();
        if (!started) return started.error();
        peer.certain = *started <= connected_after;
    }
    if (asked.unit || asked.user_now) {
        const auto info = process->info();
        if (!info) return info.error();
        peer.changed_user = *info && (*info)->effective_uid != credentials.uid;
        if (asked.unit) {
            auto unit = unit_behind(*process, peer.foreign, process->is_certain(), *info);
            if (!unit) return unit.error();
            peer.unit = std::move(*unit);
        }
    }
    if (!process->is_alive()) return gone();
    return peer;
}

Glimpse glimpse_of(int socket, const Peer& peer) {
    if (peer.pid <= 0) return {.command = {}, .unit = no_unit(outside)};
    const auto process = Process::behind(socket, peer.pid);
    if (!process) return {.command = {}, .unit = no_unit(process.error().operator_note)};
    Glimpse glimpse{.command = command_of(*process),
                    .unit = peer.unit ? *peer.unit : unit_if_known(*process, peer.foreign, process->is_certain())};
    if (!process->is_alive()) return {.command = {}, .unit = no_unit("it has ended")};
    return glimpse;
}

Result<Sighting> sight_process(pid_t pid, const Clock& clock) {
    const auto process = Process::numbered(pid);
    if (!process) return process.error();
    const auto ended = [pid] { return refuse(Errc::not_found, fmt::format("process {} has ended", pid), "ps -e"); };
    const auto status = process->read("status");
    const auto foreign = process->is_foreign();
    if (!process->is_alive()) return ended();
    if (!status) return failed_call("/proc/PID/status");
    if (!foreign) return foreign.error();
    const auto uid = effective(*status, "Uid:");
    const auto gid = effective(*status, "Gid:");
    if (!uid || !gid) return unknown_caller("/proc/PID/status names no user");
    if (!is_identity(*uid)) {
        return refuse(Errc::forbidden, fmt::format("process {} runs as uid {}, which is no identity", pid, *uid),
                      "give it a user of its own");
    }
    Sighting seen{
        .peer = {.uid = *uid,
                 .gid = *gid,
                 .pid = pid,
                 .foreign = *foreign,
                 .attested_at = clock.boot_time(),
                 .groups = in_order(supplementary(*status), *gid)},
        .glimpse = {.command = command_of(*process), .unit = unit_if_known(*process, *foreign, kernel_names_peers())}};
    seen.peer.unit = seen.glimpse.unit;
    if (!process->is_alive()) return ended();
    return seen;
}

Result<void> check_identity_map() {
    const auto map = read_text("/proc/self/uid_map", map_limit);
    std::istringstream line{map.value_or("")};
    unsigned long inside = 1, outside_map = 1, count = 0;
    line >> inside >> outside_map >> count;
    if (line && inside == 0 && outside_map == 0 && count == 4294967295UL) return {};
    return refuse(Errc::wrong_state,
                  "this process sees other user numbers than the host's: it could not tell its callers apart",
                  "run it outside a user namespace, without PrivateUsers=, ProtectProc= and ProcSubset=");
}

Result<void> check_process_view() {
    if (::access("/proc/1/cgroup", R_OK) == 0) return {};
    return refuse(Errc::wrong_state, "this process cannot look at those of other users: no caller would have a unit",
                  "run it without ProtectProc= and ProcSubset=, on a /proc without hidepid=");
}

}  // namespace jeton::front
