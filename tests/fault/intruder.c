/* Preloaded into the programs under test: somebody who has taken one of the processes over. When the file named by
   JETON_INTRUDER says so, the process of that number tries something at its next wait, and what the kernel answered is
   written there. A file of four 32-bit numbers: process, what to try (below), 1 while it waits to be done, errno. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

struct order {
    int32_t process, what, waits, error;
    char path[240];
};

static volatile struct order *order;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("JETON_INTRUDER");
    int file = name == NULL ? -1 : open(name, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) order = mapped;
    close(file);
}

static long attempt(int what, const char *path) {
    char *const nothing[] = {NULL};
    char byte = 0;
    switch (what) {
        case 1: return syscall(SYS_execve, path, nothing, nothing);
        case 2: return syscall(SYS_execveat, AT_FDCWD, path, nothing, nothing, 0);
        case 3: return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
        case 4: return syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0);
        case 5: return syscall(SYS_io_uring_setup, 1, NULL);
        case 6: return syscall(SYS_bpf, 0, NULL, 0);
        case 7: return syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL);
        case 8: return syscall(SYS_unshare, CLONE_NEWUSER);
        case 9: return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
        case 10: return syscall(SYS_userfaultfd, 0);
        case 11: return syscall(SYS_setuid, 0);
        case 20: return open(path, O_RDONLY | O_CLOEXEC);
        case 21: return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        case 22: return unlink(path);
        case 30: return socket(AF_INET, SOCK_STREAM, 0);
        case 31: return socket(AF_INET6, SOCK_DGRAM, 0);
        case 32: return socket(AF_UNIX, SOCK_STREAM, 0);
        case 33: return socket(AF_PACKET, SOCK_RAW, 0);
        case 34: { /* a server on TCP */
            int server = socket(AF_INET, SOCK_STREAM, 0);
            return server < 0 ? -1 : listen(server, 1);
        }
        case 40: return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
        case 41: return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
        case 42: return kill(getppid(), 0);
        case 43: return read(-1, &byte, 1);
        default: errno = ENOTSUP; return -1;
    }
}

static void obey(void) {
    if (order == NULL || order->waits != 1 || order->process != (int32_t)syscall(SYS_getpid)) return;
    int before = errno;
    char path[sizeof order->path];
    memcpy(path, (const void *)order->path, sizeof path);
    order->error = attempt(order->what, path) < 0 ? errno : 0;
    order->waits = 0;
    errno = before;
}

int epoll_wait(int set, struct epoll_event *events, int most, int milliseconds) {
    int found = (int)syscall(SYS_epoll_wait, set, events, most, milliseconds);
    obey();
    return found;
}

int poll(struct pollfd *set, nfds_t count, int milliseconds) {
    int found = (int)syscall(SYS_poll, set, count, milliseconds);
    obey();
    return found;
}

ssize_t recv(int socket, void *bytes, size_t size, int flags) {
    ssize_t got = (ssize_t)syscall(SYS_recvfrom, socket, bytes, size, flags, NULL, NULL);
    obey();
    return got;
}

/* The same where the C library's checks of buffers were compiled in. */

int __poll_chk(struct pollfd *set, nfds_t count, int milliseconds, size_t room) {
    (void)room;
    return poll(set, count, milliseconds);
}

ssize_t __recv_chk(int socket, void *bytes, size_t size, size_t room, int flags) {
    (void)room;
    return recv(socket, bytes, size, flags);
}
