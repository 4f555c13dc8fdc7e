/* Preloaded into a daemon under test: the name services of a host whose servers are not reached. To look up the user of
   the number JETON_SLOW_USER, or the addresses of the host JETON_SLOW_HOST, takes 20 s; any group by its number takes
   JETON_SLOW_GROUPS milliseconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

typedef int look_up(uid_t, struct passwd *, char *, size_t, struct passwd **);
typedef int look_up_group(gid_t, struct group *, char *, size_t, struct group **);
typedef int resolve(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static look_up *real_look_up;
static look_up_group *real_look_up_group;
static resolve *real_resolve;
static const char *slow_user;
static const char *slow_host;
static const char *slow_groups;

__attribute__((constructor)) static void begin(void) {
    real_look_up = (look_up *)dlsym(RTLD_NEXT, "getpwuid_r");
    real_look_up_group = (look_up_group *)dlsym(RTLD_NEXT, "getgrgid_r");
    real_resolve = (resolve *)dlsym(RTLD_NEXT, "getaddrinfo");
    slow_user = getenv("JETON_SLOW_USER");
    slow_host = getenv("JETON_SLOW_HOST");
    slow_groups = getenv("JETON_SLOW_GROUPS");
}

int getpwuid_r(uid_t uid, struct passwd *entry, char *space, size_t size, struct passwd **found) {
    if (slow_user != NULL && strtoul(slow_user, NULL, 10) == uid) poll(NULL, 0, 20000);
    return real_look_up(uid, entry, space, size, found);
}

int getgrgid_r(gid_t gid, struct group *entry, char *space, size_t size, struct group **found) {
    if (slow_groups != NULL) poll(NULL, 0, (int)strtol(slow_groups, NULL, 10));
    return real_look_up_group(gid, entry, space, size, found);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    if (slow_host != NULL && host != NULL && strcmp(slow_host, host) == 0) poll(NULL, 0, 20000);
    return real_resolve(host, service, hints, found);
}
