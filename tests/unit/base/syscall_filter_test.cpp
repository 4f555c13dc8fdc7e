#include "daemon/base/syscall_filter.hpp"

#include <cerrno>
#include <csignal>
#include <functional>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "daemon/base/sandbox.hpp"
#include "tests/unit/base/forked.hpp"

using namespace jeton;
using test::Ending;
using test::in_a_child;

namespace {

/// The ending of `work` (an errno, or a signal) under the filter that `fill` makes.
Ending filtered(const std::function<void(SyscallFilter&)>& fill, const std::function<int()>& work) {
    return in_a_child([&] {
        SyscallFilter filter{SyscallFilter::Others::absent};
        static constexpr const char* ending[] = {"exit_group", "exit"};
        filter.allow(ending);
        fill(filter);
        if (!filter.load()) return 253;
        const int status = work();
        ::syscall(SYS_exit_group,
                  status);  // at once: what is cleaned up, by a sanitizer above all, makes calls of its own
        return status;
    });
}

int error_of(long result) { return result >= 0 ? 0 : errno; }

}  // namespace

TEST_SUITE("confinement") {
    TEST_CASE("filter: a call in no list is one that the kernel does not have") {
        CHECK(filtered([](auto&) {}, [] { return error_of(::syscall(SYS_getppid)); }).status == ENOSYS);
        static constexpr const char* names[] = {"getppid", "no_such_call_of_any_kernel"};
        CHECK(filtered([](auto& filter) { filter.allow(names); }, [] { return error_of(::syscall(SYS_getppid)); })
                  .status == 0);
    }

    TEST_CASE("filter: an argument decides") {
        const auto only_unix_datagrams = [](SyscallFilter& filter) {
            filter.allow("socket", {{0, all_bits, AF_UNIX}, {1, kind_of_socket, SOCK_DGRAM}});
            filter.refuse_unless("socket", 0, AF_UNIX, EAFNOSUPPORT);
        };
        const auto making = [&](int family, int kind) {
            return filtered(only_unix_datagrams, [=] { return error_of(::socket(family, kind, 0)); }).status;
        };
        CHECK(making(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC) == 0);
        CHECK(making(AF_UNIX, SOCK_STREAM) == ENOSYS);
        CHECK(making(AF_INET, SOCK_DGRAM) == EAFNOSUPPORT);
        CHECK(making(AF_INET6, SOCK_STREAM) == EAFNOSUPPORT);
    }

    TEST_CASE("filter: a deadly call ends the process by SIGSYS (T42)") {
        CHECK(filtered(calls::begin_as_reader, [] { return error_of(::execl("/bin/true", "true", nullptr)); }).signal ==
              SIGSYS);
        CHECK(filtered(calls::begin_as_reader, [] { return error_of(::ptrace(PTRACE_TRACEME, 0, 0, 0)); }).signal ==
              SIGSYS);
        CHECK(filtered(calls::begin_as_reader, [] {
                  return error_of(::syscall(SYS_io_uring_setup, 1, nullptr));
              }).signal == SIGSYS);
        CHECK(filtered(calls::begin_as_reader, [] { return error_of(::syscall(SYS_bpf, 0, nullptr, 0)); }).signal ==
              SIGSYS);
        CHECK(filtered(calls::begin_as_reader, [] { return error_of(::syscall(SYS_unshare, CLONE_NEWUSER)); }).signal ==
              SIGSYS);
        CHECK(filtered(calls::begin_as_reader, [] { return error_of(::setuid(0)); }).signal == SIGSYS);
    }

    TEST_CASE("filter: threads, but no processes") {
        CHECK(filtered(calls::begin_as_reader, [] {
                  int found = 1;
                  std::thread{[&] { found = 0; }}.join();
                  return found;
              }).status == 0);
        CHECK(filtered(calls::begin_as_reader, [] {
                  const pid_t child = ::fork();
                  if (child == 0) std::_Exit(0);
                  return error_of(child);
              }).status == EPERM);
    }

    TEST_CASE("filter: nothing becomes executable (T42)") {
        const auto mapping = [](int protection) {
            void* const memory = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            return memory == MAP_FAILED ? errno : 0;
        };
        CHECK(filtered(calls::begin_as_reader, [&] { return mapping(PROT_READ | PROT_WRITE); }).status == 0);
        CHECK(filtered(calls::begin_as_reader, [&] { return mapping(PROT_READ | PROT_EXEC); }).status == EPERM);
        CHECK(filtered(calls::begin_as_reader, [] {
                  void* const memory = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                  return error_of(::mprotect(memory, 4096, PROT_READ | PROT_EXEC));
              }).status == EPERM);
    }

    TEST_CASE("filter: a process may end itself, and signal nobody else") {
        CHECK(filtered(calls::begin_as_reader, [] { return std::raise(SIGKILL); }).signal == SIGKILL);
        CHECK(filtered(calls::begin_as_reader, [] { return error_of(::kill(::getppid(), 0)); }).status == ENOSYS);
    }
}
