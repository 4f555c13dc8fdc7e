#include "daemon/base/sandbox.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"

namespace jeton {
namespace {

std::string kernel_name() {
    utsname names{};
    return ::uname(&names) == 0 ? fmt::format("{} {}", names.sysname, names.release) : "this kernel";
}

}  // namespace

void confine([[maybe_unused]] const landlock::Rules& rules, [[maybe_unused]] SyscallFilter& filter) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot give up new privileges");
    }
#ifdef JETON_UNCONFINED
    log::warning("this is a developers' build: it does not confine itself");
#else
    const int version = landlock::abi();
    if (version > 0) landlock::restrict_self(rules);
    const bool filtered = filter.load();
    if (version > 0 && filtered) {
        log::info("confined: seccomp, Landlock (ABI {}), no new privileges", version);
    } else {
        log::warning("{} lacks {}: this process is confined {}", kernel_name(),
                     version > 0 ? "seccomp filters"
                     : filtered  ? "Landlock (since 5.13; it may be switched off)"
                                 : "Landlock and seccomp filters",
                     version > 0 ? "by Landlock alone"
                     : filtered  ? "by seccomp alone, and may reach every file of its user"
                                 : "by its user alone");
    }
#endif
}

bool manager_is_abstract() {
    const char* place = std::getenv("NOTIFY_SOCKET");
    return place != nullptr && place[0] == '@';
}

namespace calls {
namespace {

constexpr unsigned c_first = 0, c_third = 2;

}  // namespace

void kill_the_never_needed(SyscallFilter& filter) {
    static constexpr const char* names[] = {
        // other programs' memory and descriptors
        "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
        // kernel interfaces with a record of holes, and ways around this very filter
        "io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "userfaultfd", "perf_event_open", "keyctl",
        "add_key", "request_key", "modify_ldt", "vm86", "vm86old", "uselib", "personality", "quotactl", "quotactl_fd",
        "fanotify_init", "open_by_handle_at", "lookup_dcookie", "nfsservctl", "vmsplice",
        // other views of the host
        "mount", "umount", "umount2", "mount_setattr", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
        "open_tree", "pivot_root", "chroot", "setns", "unshare",
        // the kernel and the host themselves
        "init_module", "finit_module", "delete_module", "create_module", "kexec_load", "kexec_file_load", "reboot",
        "swapon", "swapoff", "acct", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
        "setdomainname", "iopl", "ioperm", "syslog", "vhangup", "mknod", "mknodat",
        // another user
        "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups",
        "capset"};
    filter.kill(names);
}

void kill_exec(SyscallFilter& filter) {
    static constexpr const char* names[] = {"execve", "execveat"};
    filter.kill(names);
}

void allow_life(SyscallFilter& filter) {
    static constexpr const char* names[] = {
        // memory; mmap and mprotect: below
        "brk", "munmap", "mremap", "madvise", "mlock", "mlock2", "munlock", "memfd_secret", "membarrier",
        // threads and locks; clone: below
        "futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "gettid",
        "sched_yield", "sched_getaffinity", "restart_syscall", "arch_prctl",
        // signals to itself alone; tgkill: below
        "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack", "sigreturn",
        // clocks and random numbers
        "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "getrandom",
        // who am I, and what may I use
        "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "uname", "sysinfo",
        "getrusage", "getrlimit", "getcpu", "exit", "exit_group"};
    filter.allow(names);
    // No code that was not there at the start: nothing becomes executable.
    filter.allow("mmap", {{c_third, PROT_EXEC, 0}});
    filter.allow("mprotect", {{c_third, PROT_EXEC, 0}});
    filter.refuse_where("mmap", {{c_third, PROT_EXEC, PROT_EXEC}}, EPERM);
    filter.refuse_where("mprotect", {{c_third, PROT_EXEC, PROT_EXEC}}, EPERM);
    // Threads, no processes. clone3 hides its flags from filters: without it the C library takes clone.
    filter.allow("clone", {{c_first, CLONE_THREAD, CLONE_THREAD}});
    // abort(3) and raise(3). A process id is never given to another while this one lives.
    filter.allow("tgkill", {{c_first, all_bits, static_cast<std::uint64_t>(::getpid())}});
    // A thread names itself; limits are read; what is given up further may be given up.
    filter.allow("prctl", {{c_first, all_bits, PR_SET_NAME}});
    filter.allow("prctl", {{c_first, all_bits, PR_GET_NAME}});
    filter.allow("prlimit64", {{c_third, all_bits, 0}});
}

void refuse_fork(SyscallFilter& filter) {
    static constexpr const char* names[] = {"fork", "vfork"};
    filter.refuse(names, EPERM);
    static constexpr const char* newer[] = {"clone3"};
    filter.refuse(newer, ENOSYS);
    filter.refuse_where("clone", {{c_first, CLONE_THREAD, 0}}, EPERM);
}

void allow_open_files(SyscallFilter& filter) {
    static constexpr const char* names[] = {"read", "readv", "pread64", "write", "writev", "pwrite64", "close",
                                            "close_range", "lseek", "dup", "fcntl", "fcntl64",
                                            // sockets that are there
                                            "recvfrom", "recvmsg", "sendto", "sendmsg", "shutdown", "getsockopt",
                                            "setsockopt", "getsockname", "getpeername",
                                            // the event loop
                                            "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1",
                                            "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2",
                                            "timerfd_create", "timerfd_settime", "timerfd_gettime", "signalfd4",
                                            "pipe2"};
    filter.allow(names);
    // Of all the requests to devices and sockets: whether to block, what waits, whether a stream is a terminal.
    for (const std::uint64_t request : {FIONBIO + 0UL, FIONREAD + 0UL, TCGETS + 0UL})
        filter.allow("ioctl", {{1, all_bits, request}});
}

void allow_reading_files(SyscallFilter& filter) {
    static constexpr const char* names[] = {"open",       "openat",   "stat",      "lstat",      "fstat",
                                            "newfstatat", "statx",    "access",    "readlink",   "readlinkat",
                                            "getdents64", "getcwd",   "faccessat", "faccessat2", "statfs",
                                            "fstatfs",    "fadvise64"};
    filter.allow(names);
}

void allow_writing_files(SyscallFilter& filter) {
    static constexpr const char* names[] = {"fsync",    "fdatasync", "ftruncate", "fallocate", "mkdir",
                                            "mkdirat",  "rename",    "renameat",  "renameat2", "unlink",
                                            "unlinkat", "rmdir",     "link",      "linkat",    "fchmod",
                                            "fchown",   "chmod",     "utimensat", "umask",     "sync_file_range"};
    filter.allow(names);
}

void allow_telling_the_manager(SyscallFilter& filter) {
    filter.allow("socket", {{0, all_bits, AF_UNIX}, {1, kind_of_socket, SOCK_DGRAM}});
    filter.refuse_unless("socket", 0, AF_UNIX, EAFNOSUPPORT);
}

void begin_as_reader(SyscallFilter& filter) {
    kill_the_never_needed(filter);
    kill_exec(filter);
    allow_life(filter);
    refuse_fork(filter);
    allow_open_files(filter);
    allow_reading_files(filter);
}

}  // namespace calls

}  // namespace jeton
