#include "daemon/base/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "daemon/base/unique_fd.hpp"

namespace jeton {
namespace {

constexpr std::array manager_variables{"LISTEN_FDS",    "LISTEN_PID",    "LISTEN_FDNAMES",
                                       "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};

}  // namespace

void harden_process() {
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot forbid memory dumps");
    }
    const rlimit no_core{0, 0};
    if (::setrlimit(RLIMIT_CORE, &no_core) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot forbid core files");
    }
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    ::umask(077);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

void die_with_parent(int expected_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (::getppid() != expected_parent) std::_Exit(EXIT_FAILURE);
}

void keep_only(int fd) {
    if (const UniqueFd nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)}) {
        ::dup2(nothing.get(), STDIN_FILENO);
        ::dup2(nothing.get(), STDOUT_FILENO);
    }
    if (fd > 3) ::close_range(3, static_cast<unsigned>(fd) - 1, 0);
    ::close_range(static_cast<unsigned>(fd) + 1, ~0U, 0);
    for (const auto* variable : manager_variables) ::unsetenv(variable);
}

void settle() {
    ::malloc_trim(0);
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void*) {
            for (const auto& segment : std::span{object->dlpi_phdr, object->dlpi_phnum}) {
                // What may be written to differs from its file.
                if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
                const auto begin = object->dlpi_addr + segment.p_vaddr;
                const auto inside_page = begin % static_cast<std::uintptr_t>(::getpagesize());
                // NOLINTNEXTLINE(performance-no-int-to-ptr): where the object was loaded is a number
                ::madvise(reinterpret_cast<void*>(begin - inside_page), segment.p_memsz + inside_page, MADV_DONTNEED);
            }
            return 0;
        },
        nullptr);
}

void notify_manager(std::string_view state) { ::sd_notify(0, std::string{state}.c_str()); }

std::optional<std::chrono::milliseconds> watchdog_interval() {
    std::uint64_t limit = 0;
    if (::sd_watchdog_enabled(0, &limit) <= 0) return std::nullopt;
    const std::chrono::microseconds half{static_cast<std::int64_t>(limit / 2)};
    return std::max(std::chrono::milliseconds{1}, std::chrono::duration_cast<std::chrono::milliseconds>(half));
}

void clear_environment() {
    std::vector<std::pair<const char*, std::string>> kept;
    for (const auto* variable : manager_variables) {
        if (const char* value = std::getenv(variable)) kept.emplace_back(variable, value);
    }
    ::clearenv();
    for (const auto& [variable, value] : kept) ::setenv(variable, value.c_str(), 1);
}

}  // namespace jeton
