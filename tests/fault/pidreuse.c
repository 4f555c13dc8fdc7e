/* A caller that connects, ends, and whose number another process has by the time it is looked at.

   usage: pidreuse [--container] SOCKET USER CONTROL_GROUP

   USER (a number), in a PID namespace of its own if so asked, connects to SOCKET and ends; a process of root's takes over its number, in CONTROL_GROUP (a directory
   of cgroup2). Prints the number on a line of its own, then sends standard input over the connection and prints the
   answer. Needs root. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(int good, const char *what) {
    if (good) return;
    perror(what);
    exit(1);
}

static void connect_as(uid_t user, int socket, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    need(strlen(path) < sizeof address.sun_path, "path");
    strcpy(address.sun_path, path);
    need(setgid(user) == 0 && setuid(user) == 0, "setuid");
    need(connect(socket, (struct sockaddr *)&address, sizeof address) == 0, "connect");
}

static void join(const char *group) {
    int directory = open(group, O_PATH | O_DIRECTORY);
    int members = openat(directory, "cgroup.procs", O_WRONLY);
    need(directory >= 0 && members >= 0 && write(members, "0", 1) == 1, "cgroup.procs");
}

int main(int count, char **words) {
    int container = count > 1 && strcmp(words[1], "--container") == 0;
    words += container;
    need(count - container == 4, "usage");
    int session = socket(AF_UNIX, SOCK_STREAM, 0);
    need(session >= 0, "socket");
    struct clone_args apart = {.exit_signal = SIGCHLD, .flags = container ? CLONE_NEWPID : 0};
    pid_t caller = (pid_t)syscall(SYS_clone3, &apart, sizeof apart);
    need(caller >= 0, "clone3");
    if (caller == 0) {
        connect_as((uid_t)atoi(words[2]), session, words[1]);
        _exit(0);
    }
    int status = -1;
    need(waitpid(caller, &status, 0) == caller && status == 0, "the caller");
    struct clone_args same = {.exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&caller, .set_tid_size = 1};
    int ready[2];
    need(pipe(ready) == 0, "pipe");
    pid_t other = (pid_t)syscall(SYS_clone3, &same, sizeof same);
    need(other >= 0, "clone3");
    if (other == 0) {
        join(words[3]);
        need(write(ready[1], "", 1) == 1, "ready");
        pause();
        _exit(0);
    }
    char word;
    need(read(ready[0], &word, 1) == 1, "the other process");
    printf("%d\n", other);
    fflush(stdout);

    char bytes[4096];
    ssize_t size;
    while ((size = read(0, bytes, sizeof bytes)) > 0) need(write(session, bytes, (size_t)size) == size, "write");
    shutdown(session, SHUT_WR);
    while ((size = read(session, bytes, sizeof bytes)) > 0) need(write(1, bytes, (size_t)size) == size, "answer");
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    return 0;
}
