/* Preloaded into a daemon under test: the name service of a host whose directory is not reached. To look up the user of
   the number JETON_SLOW_USER takes 20 s. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>

typedef int look_up(uid_t, struct passwd *, char *, size_t, struct passwd **);

static look_up *real;
static const char *slow;

__attribute__((constructor)) static void begin(void) {
    real = (look_up *)dlsym(RTLD_NEXT, "getpwuid_r");
    slow = getenv("JETON_SLOW_USER");
}

int getpwuid_r(uid_t uid, struct passwd *entry, char *space, size_t size, struct passwd **found) {
    if (slow != NULL && strtoul(slow, NULL, 10) == uid) poll(NULL, 0, 20000);
    return real(uid, entry, space, size, found);
}
