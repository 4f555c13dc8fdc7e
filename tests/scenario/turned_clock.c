/* Preloaded into a daemon under test: the kernel's clocks plus what two numbers in a shared file say, so that a test
   turns them forward while the daemon runs. The file is named by JETON_TURNED_CLOCK: wall seconds, then boot seconds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offsets;

__attribute__((constructor)) static void map_offsets(void) {
    const char *name = getenv("JETON_TURNED_CLOCK");
    int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    void *mapped = mmap(NULL, 2 * sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) offsets = mapped;
    close(file);
}

int clock_gettime(clockid_t id, struct timespec *now) {
    int status = (int)syscall(SYS_clock_gettime, id, now);
    if (status == 0 && offsets != NULL) {
        if (id == CLOCK_REALTIME) now->tv_sec += (time_t)offsets[0];
        if (id == CLOCK_BOOTTIME) now->tv_sec += (time_t)offsets[1];
    }
    return status;
}

time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into != NULL) *into = now.tv_sec;
    return now.tv_sec;
}
