/* Preloaded into the programs under test: a kernel without Landlock and seccomp filters, or without one of them.
   JETON_KERNEL_LACKS names what is missing: `landlock`, `seccomp` or both. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static char missing[64]; /* kept: a program may clear its environment */

__attribute__((constructor)) static void begin(void) {
    const char *named = getenv("JETON_KERNEL_LACKS");
    if (named != NULL) strncpy(missing, named, sizeof missing - 1);
}

static int lacks(const char *what) { return strstr(missing, what) != NULL; }

long syscall(long number, ...) {
    va_list rest;
    long a[6];
    va_start(rest, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
    va_end(rest);
    int absent = (number == SYS_landlock_create_ruleset && lacks("landlock")) || (number == SYS_seccomp && lacks("seccomp"));
    if (absent) {
        errno = ENOSYS;
        return -1;
    }
    long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int prctl(int option, ...) {
    va_list rest;
    unsigned long a[4];
    va_start(rest, option);
    for (int i = 0; i < 4; i++) a[i] = va_arg(rest, unsigned long);
    va_end(rest);
    if ((option == PR_SET_SECCOMP || option == PR_GET_SECCOMP) && lacks("seccomp")) {
        errno = EINVAL;
        return -1;
    }
    int (*next)(int, ...) = (int (*)(int, ...))dlsym(RTLD_NEXT, "prctl");
    return next(option, a[0], a[1], a[2], a[3]);
}
