/* Preloaded into a daemon under test: the calls by which it tells its callers apart fail with what numbers in a shared
   file say, so that a test takes a kernel's years away, or breaks one call, while the daemon runs. The file is named by
   JETON_KERNEL_FAULTS: an errno of 32 bits for each call below, in this order; 0: the call works. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call { peer_credentials, peer_pidfd, peer_groups, pidfd_info, open_fdinfo, open_cgroup, open_members, calls };

static const volatile int32_t *faults;

__attribute__((constructor)) static void map_faults(void) {
    const char *name = getenv("JETON_KERNEL_FAULTS");
    int file = name == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    void *mapped = mmap(NULL, calls * sizeof(int32_t), PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) faults = mapped;
    close(file);
}

static int fails(enum call call) {
    if (faults == NULL || call == calls || faults[call] == 0) return 0;
    errno = faults[call];
    return 1;
}

int getsockopt(int socket, int level, int option, void *value, socklen_t *size) {
    enum call call = calls;
    if (level == SOL_SOCKET && option == SO_PEERCRED) call = peer_credentials;
    if (level == SOL_SOCKET && option == 77 /* SO_PEERPIDFD */) call = peer_pidfd;
    if (level == SOL_SOCKET && option == 59 /* SO_PEERGROUPS */) call = peer_groups;
    if (fails(call)) return -1;
    return (int)syscall(SYS_getsockopt, socket, level, option, value, size);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if ((request >> 8 & 0xff) == 0xff /* pidfds */ && fails(pidfd_info)) return -1;
    return (int)syscall(SYS_ioctl, fd, request, argument);
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static int open_path(const char *path, int flags, mode_t mode) {
    enum call call = calls;
    if (strncmp(path, "/proc/self/fdinfo/", 18) == 0) call = open_fdinfo;
    else if (strncmp(path, "/proc/", 6) == 0 && ends_with(path, "/cgroup")) call = open_cgroup;
    else if (ends_with(path, "/cgroup.procs")) call = open_members;
    if (fails(call)) return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_path(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_path(path, flags, mode);
}
