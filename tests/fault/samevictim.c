/* What a process of the same user without privileges gets of another one. usage: samevictim PID…
   Prints for each a line `PID attach=… mem=… pidfd_getfd=… readv=… environ=…`: ok, or the name of the errno. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *word(long result) { return result >= 0 ? "ok" : strerrorname_np(errno); }

static long opening(int pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

int main(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        int pid = atoi(arguments[i]);
        char here;
        struct iovec local = {&here, 1}, remote = {&here, 1};
        long attached = ptrace(PTRACE_SEIZE, pid, 0, 0);
        printf("%d attach=%s", pid, word(attached));
        printf(" mem=%s", word(opening(pid, "mem")));
        printf(" environ=%s", word(opening(pid, "environ")));
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        printf(" pidfd_getfd=%s", word(syscall(SYS_pidfd_getfd, fd, 2, 0)));
        /* an address of ours is none of theirs: allowed means EFAULT */
        long read = process_vm_readv(pid, &local, 1, &remote, 1, 0);
        printf(" readv=%s\n", read < 0 && errno == EFAULT ? "ok" : word(read));
        fflush(stdout);
    }
    return 0;
}
