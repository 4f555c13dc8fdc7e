#include "tests/unit/front/peer/kernel_faults.hpp"

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <optional>
#include <string_view>
#include <utility>

#include <dlfcn.h>
#include <sys/socket.h>

namespace jeton::front::test {
namespace {

std::atomic<int> failing_call{-1};
std::atomic<int> failing_error{0};

/// Of the one thread that has a KernelMoment.
thread_local std::optional<Call> awaited;
thread_local KernelMoment::When awaited_when = KernelMoment::When::before;
thread_local std::function<void()> awaited_step;

bool fails(std::optional<Call> call) {
    if (!call || failing_call.load() != static_cast<int>(*call)) return false;
    errno = failing_error.load();
    return true;
}

void pass(KernelMoment::When when, std::optional<Call> call) {
    if (!call || awaited != call || awaited_when != when) return;
    awaited.reset();
    const int kept = errno;
    awaited_step();
    errno = kept;
}

/// The real call, unless it fails on purpose, with what happens before and after it.
template <class Real>
int perform(std::optional<Call> call, Real real) {
    if (fails(call)) return -1;
    pass(KernelMoment::When::before, call);
    const int result = real();
    pass(KernelMoment::When::after, call);
    return result;
}

std::optional<Call> option_call(int level, int option) {
    constexpr int so_peerpidfd = 77;
    if (level != SOL_SOCKET) return std::nullopt;
    if (option == SO_PEERCRED) return Call::peer_credentials;
    if (option == so_peerpidfd) return Call::peer_pidfd;
    if (option == SO_PEERGROUPS) return Call::peer_groups;
    return std::nullopt;
}

std::optional<Call> open_call(std::string_view path) {
    if (path.starts_with("/proc/self/fdinfo/")) return Call::open_fdinfo;
    if (path.starts_with("/proc/") && path.ends_with("/cgroup")) return Call::open_cgroup;
    if (path.ends_with("/cgroup.procs")) return Call::open_members;
    return std::nullopt;
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

KernelFault::KernelFault(Call call, int error) {
    failing_error = error;
    failing_call = static_cast<int>(call);
}

KernelFault::~KernelFault() { failing_call = -1; }

KernelMoment::KernelMoment(When when, Call call, std::function<void()> step) {
    awaited_when = when;
    awaited_step = std::move(step);
    awaited = call;
}

KernelMoment::~KernelMoment() { awaited.reset(); }

}  // namespace jeton::front::test

using namespace jeton::front::test;

extern "C" {

int getsockopt(int socket, int level, int option, void* value, socklen_t* size) noexcept {
    using Function = int(int, int, int, void*, socklen_t*);
    static auto* const real = next<Function>("getsockopt");
    return perform(option_call(level, option), [&] { return real(socket, level, option, value, size); });
}

int ioctl(int fd, unsigned long request, ...) noexcept {
    using Function = int(int, unsigned long, void*);
    static auto* const real = next<Function>("ioctl");
    va_list rest;
    va_start(rest, request);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    constexpr unsigned long type_of_pidfd = 0xff;
    const bool asks_pidfd = (request >> 8U & 0xffU) == type_of_pidfd;
    return perform(asks_pidfd ? std::optional{Call::pidfd_info} : std::nullopt,
                   [&] { return real(fd, request, argument); });
}

// Not declared here: <fcntl.h> has an inline function of this name. With large files it is called open64.
int open64(const char* path, int flags, ...) {
    using Function = int(const char*, int, unsigned);
    static auto* const real = next<Function>("open64");
    va_list rest;
    va_start(rest, flags);
    const auto mode = va_arg(rest, unsigned);  // whatever stands there where there is none
    va_end(rest);
    return perform(open_call(path), [&] { return real(path, flags, mode); });
}

}  // extern "C"
