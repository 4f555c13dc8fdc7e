/* Preloaded into a daemon under test: the power goes at one of its writes. Of what was written since the last sync of a
   file, some sectors of 512 bytes get to the disk and some do not, by a coin that a seed throws; then the process
   ends. Files count that lie in `state` or `anchor` below the directory JETON_POWER_CUT_DIRECTORY. The file named by
   JETON_POWER_CUT is shared: four numbers of 32 bits: at which operation (0: never), operations so far, the seed, and
   whether it has happened. An operation is a write, a truncation, a sync or a rename. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { sector = 512, files_max = 64 };

static volatile struct { int32_t at, count, seed, happened; } *plan;
static char below[PATH_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t coin_state;

/* What a file was when it was last synced. */
static struct { dev_t device; ino_t inode; int fd; off_t size; unsigned char *durable; } files[files_max];

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("JETON_POWER_CUT"), *directory = getenv("JETON_POWER_CUT_DIRECTORY");
    if (name == NULL || directory == NULL) return;
    int file = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped == MAP_FAILED) return;
    snprintf(below, sizeof below, "%s/", directory);
    plan = mapped;
}

static int counts_path(const char *path) {
    size_t length = strlen(below);
    if (strncmp(path, below, length) != 0) return 0;
    return strncmp(path + length, "state", 5) == 0 || strncmp(path + length, "anchor", 6) == 0;
}

/* Whether a descriptor is one of the files (or their directories) that count. */
static int counts(int fd) {
    char link[64], path[PATH_MAX];
    if (plan == NULL) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0) return 0;
    path[size] = '\0';
    return counts_path(path);
}

static int coin(void) {
    coin_state = coin_state * 6364136223846793005U + 1442695040888963407U;
    return (int)(coin_state >> 62 & 1U);
}

static int place_of(int fd, struct stat *found) {
    if (fstat(fd, found) != 0 || !S_ISREG(found->st_mode)) return -1;
    int place = 0;
    while (place < files_max && files[place].durable != NULL &&
           (files[place].device != found->st_dev || files[place].inode != found->st_ino))
        place++;
    return place == files_max ? -1 : place;
}

/* Before the first write since a sync. */
static void remember(int fd) {
    struct stat found;
    int place = place_of(fd, &found);
    if (place < 0 || files[place].durable != NULL) return;
    files[place].device = found.st_dev;
    files[place].inode = found.st_ino;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd); /* its own may be for writing only */
    files[place].fd = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDWR | O_CLOEXEC);
    files[place].size = found.st_size;
    files[place].durable = malloc((size_t)found.st_size + 1);
    if (syscall(SYS_pread64, files[place].fd, files[place].durable, (size_t)found.st_size, 0) != found.st_size) abort();
}

static void forget(int fd) {
    struct stat found;
    int place = place_of(fd, &found);
    if (place < 0 || files[place].durable == NULL) return;
    close(files[place].fd);
    free(files[place].durable);
    int last = place;
    while (last + 1 < files_max && files[last + 1].durable != NULL) last++;
    files[place] = files[last];
    files[last].durable = NULL;
}

static void lose(int place) {
    struct stat now;
    if (fstat(files[place].fd, &now) != 0) return;
    off_t end = now.st_size > files[place].size ? now.st_size : files[place].size;
    int keeps_length = coin();
    static const unsigned char nothing[sector];
    for (off_t at = 0; at < end; at += sector) {
        if (coin()) continue; /* this sector got to the disk */
        off_t known = files[place].size - at;
        size_t size = known <= 0 ? 0 : known < sector ? (size_t)known : sector;
        if (size > 0) syscall(SYS_pwrite64, files[place].fd, files[place].durable + at, size, at);
        if (size < sector && at + (off_t)size < now.st_size) {
            off_t rest = now.st_size - at - (off_t)size;
            size_t blank = rest < (off_t)(sector - size) ? (size_t)rest : sector - size;
            syscall(SYS_pwrite64, files[place].fd, nothing, blank, at + (off_t)size);
        }
    }
    if (!keeps_length) syscall(SYS_ftruncate, files[place].fd, files[place].size);
}

static void power_goes(void) {
    coin_state = (uint64_t)(uint32_t)plan->seed * 2654435761U + 12345U;
    for (int i = 0; i < 8; i++) coin();
    for (int place = 0; place < files_max && files[place].durable != NULL; place++) lose(place);
    plan->at = 0;
    plan->happened = 1;
    for (;;) syscall(SYS_exit_group, 137); /* at once, and nothing more is written; a filter may forbid to kill */
}

static int is_the_one(void) { return __sync_add_and_fetch(&plan->count, 1) == plan->at && plan->at != 0; }

/* Around an operation on `fd`: a write that the power does not outlive is half done. */
static int enter(int fd, int changes) {
    if (!counts(fd)) return 0;
    pthread_mutex_lock(&lock);
    if (changes) remember(fd);
    return is_the_one() ? 2 : 1;
}

static void leave(int entered) {
    if (entered == 2) power_goes();
    if (entered != 0) pthread_mutex_unlock(&lock);
}

static ssize_t write_at(int fd, const void *bytes, size_t size, off_t at, int has_place) {
    int entered = enter(fd, 1);
    if (entered == 2) size = size / 2;
    ssize_t done = has_place ? syscall(SYS_pwrite64, fd, bytes, size, at) : syscall(SYS_write, fd, bytes, size);
    leave(entered);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return write_at(fd, bytes, size, at, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) { return write_at(fd, bytes, size, at, 1); }
ssize_t write(int fd, const void *bytes, size_t size) { return write_at(fd, bytes, size, 0, 0); }

static int truncate_to(int fd, off_t size) {
    int entered = enter(fd, 1);
    int done = (int)syscall(SYS_ftruncate, fd, size);
    leave(entered);
    return done;
}
int ftruncate(int fd, off_t size) { return truncate_to(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncate_to(fd, size); }

static int sync_it(int fd, long call) {
    int entered = enter(fd, 0);
    if (entered == 2) power_goes();
    int done = (int)syscall(call, fd);
    if (entered != 0 && done == 0) forget(fd);
    leave(entered);
    return done;
}
int fsync(int fd) { return sync_it(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_it(fd, SYS_fdatasync); }

int rename(const char *from, const char *to) {
    int entered = 0;
    if (plan != NULL && counts_path(to)) {
        pthread_mutex_lock(&lock);
        entered = is_the_one() ? 2 : 1;
        if (entered == 2) power_goes();
    }
    int done = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    leave(entered);
    return done;
}
