#include "daemon/front/sandbox.hpp"

#include <cerrno>
#include <string_view>

#include <link.h>
#include <sys/socket.h>

#include "daemon/base/sandbox.hpp"
#include "daemon/front/peer/unit.hpp"

namespace jeton::front {
namespace {

/// The dynamic loader, which the kernel opens as it does a program: the one that this very program names.
std::filesystem::path loader() {
    const char* path = "";
    const auto visit = [](dl_phdr_info* info, std::size_t, void* found) {  // our program is the first that is visited
        for (std::size_t i = 0; i < info->dlpi_phnum; ++i) {
            const auto& part = info->dlpi_phdr[i];
            if (part.p_type != PT_INTERP) continue;
            *static_cast<const char**>(found) = reinterpret_cast<const char*>(info->dlpi_addr + part.p_vaddr);
        }
        return 1;
    };
    ::dl_iterate_phdr(visit, static_cast<void*>(&path));
    return path;
}

}  // namespace

void confine_front(const Config& config) {
    landlock::Rules files{.files = {{"/proc", landlock::read_only},  // who is calling
                                    {cgroup_mount(), landlock::read_only},
                                    {config.paths.runtime, landlock::remove_file},  // its sockets, when it ends
                                    {config.paths.control, landlock::remove_file}},
                          .abstract_sockets = manager_is_abstract()};
    if (cgroup_mount().empty()) std::erase_if(files.files, [](const auto& rule) { return rule.path.empty(); });

    SyscallFilter filter{SyscallFilter::Others::absent};
    calls::begin_as_reader(filter);
    // Sessions: taken, looked at, closed.
    static constexpr const char* sessions[] = {"accept", "accept4", "pidfd_open", "socketpair", "wait4"};
    filter.allow(sessions);
    constexpr std::uint64_t pidfd_requests = 0xff00;  // PIDFD_GET_INFO and its kin
    filter.allow("ioctl", {{1, pidfd_requests, pidfd_requests}});
    // Its sockets, when it ends.
    static constexpr const char* removing[] = {"unlink", "unlinkat"};
    filter.allow(removing);
    calls::allow_telling_the_manager(filter);
    static constexpr const char* reaching[] = {"connect", "bind", "listen"};
    filter.refuse(reaching, EPERM);
    confine(files, filter);
}

void confine_names() {
    landlock::Rules files{.files = {{"/", landlock::read_only}}, .tcp_connect = true, .abstract_sockets = true};
    SyscallFilter filter{SyscallFilter::Others::allowed};  // name services are libraries of the host: any call, but…
    calls::kill_the_never_needed(filter);
    calls::kill_exec(filter);
    calls::refuse_fork(filter);
    confine(files, filter);
}

void confine_supervisor(const std::vector<std::filesystem::path>& programs) {
    landlock::Rules files{.governed = landlock::execute,
                          .files = {{loader(), landlock::execute}},
                          .tcp_connect = true,
                          .tcp_bind = true,
                          .abstract_sockets = true,
                          .signals = true};
    for (const auto& program : programs) files.files.push_back({program, landlock::execute});
    SyscallFilter filter{SyscallFilter::Others::allowed};  // what it starts has its own list; this one holds for both
    calls::kill_the_never_needed(filter);
    confine(files, filter);
}

}  // namespace jeton::front
