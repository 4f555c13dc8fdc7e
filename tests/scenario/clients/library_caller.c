/* A program on libjeton that does what it is told, a line at a time, and answers each line with one:
 *
 *   get TIMEOUT [MEMBER=VALUE]…   "JETON_OK HOLDS EXPIRES_IN TOKEN", or "CODE WORD RETRY_AFTER WHAT | NEXT"
 *   many N [MEMBER=VALUE]…        N times without waiting, between two marks that a tracer sees: "GOT NANOSECONDS-EACH"
 *   asks N [MEMBER=VALUE]…        the same with 5 s for each
 *   threads N [MEMBER=VALUE]…     N threads at once: "N_OK DIFFERENT_TOKENS"
 *   child [MEMBER=VALUE]…         in a child: without waiting, with 5 s, without again: "CODE CODE CODE"
 *   held                          does the token of the last get hold? "0" or "1"
 *   changed                       "0" or "1"
 *   ticks MILLISECONDS            how long the descriptor took to become readable, "never" if it did not
 *   become UID                    changes the user
 *   forget
 *
 * usage: library_caller DIRECTORY|- [no-page]
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jeton/jeton.h>

enum { threads_max = 64, line_max = 70000 };

static jeton_client *client;
static jeton_token *last;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static struct jeton_request request_of(char *members) {
    struct jeton_request wish = JETON_REQUEST_INIT;
    for (char *rest = members, *member; (member = strtok_r(rest, "\t", &rest)) != NULL;) {
        char *value = strchr(member, '=');
        if (value == NULL) continue;
        *value++ = '\0';
        if (strcmp(member, "connection") == 0) wish.connection = value;
        if (strcmp(member, "environment") == 0) wish.environment = value;
        if (strcmp(member, "scope") == 0) wish.scope = value;
        if (strcmp(member, "resource") == 0) wish.resource = value;
        if (strcmp(member, "rejected_token") == 0) wish.rejected_token = value;
        if (strcmp(member, "min_ttl") == 0) wish.min_ttl = (uint32_t)strtoul(value, NULL, 10);
    }
    return wish;
}

static void get(char *members, int timeout) {
    const struct jeton_request wish = request_of(members);
    jeton_error *error = NULL;
    jeton_token_free(last);
    const int code = jeton_token_get(client, &wish, timeout, &last, &error);
    if (code == JETON_OK) {
        printf("%s %d %lld %s\n", jeton_code_name(code), jeton_token_holds(last), (long long)jeton_token_expires_in(last),
               jeton_token_text(last));
    } else {
        const char *word = jeton_error_word(error);
        printf("%s %s %lld %s | %s\n", jeton_code_name(code), *word == '\0' ? "-" : word, (long long)jeton_error_retry_after(error),
               jeton_error_what(error), jeton_error_next(error));
    }
    jeton_error_free(error);
}

static void many(char *members, long count, int timeout) {
    const struct jeton_request wish = request_of(members);
    if (write(STDERR_FILENO, "begin\n", 6) != 6) abort();
    const double begun = now();
    long got = 0;
    for (long i = 0; i < count; ++i) {
        jeton_token *token = NULL;
        if (jeton_token_get(client, &wish, timeout, &token, NULL) == JETON_OK) ++got;
        jeton_token_free(token);
    }
    const double each = (now() - begun) / (double)count;
    if (write(STDERR_FILENO, "end\n", 4) != 4) abort();
    printf("%ld %.1f\n", got, each);
}

struct thread {
    const struct jeton_request *wish;
    pthread_barrier_t *barrier;
    jeton_token *token;
};

static void *in_thread(void *given) {
    struct thread *self = given;
    pthread_barrier_wait(self->barrier);
    jeton_token_get(client, self->wish, 10000, &self->token, NULL);
    return NULL;
}

static void threads(char *members, unsigned count) {
    const struct jeton_request wish = request_of(members);
    pthread_t ids[threads_max];
    struct thread all[threads_max];
    pthread_barrier_t barrier;
    if (count > threads_max) abort();
    pthread_barrier_init(&barrier, NULL, count);
    for (unsigned i = 0; i < count; ++i) {
        all[i] = (struct thread){&wish, &barrier, NULL};
        if (pthread_create(&ids[i], NULL, in_thread, &all[i]) != 0) abort();
    }
    unsigned got = 0, different = 0;
    for (unsigned i = 0; i < count; ++i) {
        pthread_join(ids[i], NULL);
        if (all[i].token == NULL) continue;
        ++got;
        int known = 0;
        for (unsigned j = 0; j < i; ++j) {
            known |= all[j].token != NULL && strcmp(jeton_token_text(all[j].token), jeton_token_text(all[i].token)) == 0;
        }
        different += !known;
    }
    for (unsigned i = 0; i < count; ++i) jeton_token_free(all[i].token);
    pthread_barrier_destroy(&barrier);
    printf("%u %u\n", got, different);
}

static void child(char *members) {
    const struct jeton_request wish = request_of(members);
    fflush(stdout);
    const pid_t made = fork();
    if (made < 0) abort();
    if (made == 0) {
        jeton_token *kept = NULL, *fetched = NULL;
        const int without = jeton_token_get(client, &wish, 0, &kept, NULL);
        const int with = jeton_token_get(client, &wish, 5000, &fetched, NULL);
        const int again = jeton_token_get(client, &wish, 0, &kept, NULL);
        printf("%s %s %s\n", jeton_code_name(without), jeton_code_name(with), jeton_code_name(again));
        jeton_token_free(fetched);
        jeton_token_free(kept);
        jeton_close(client);
        exit(0);
    }
    waitpid(made, NULL, 0);
}

static void ticks(int patience) {
    int fd = -1;
    jeton_error *error = NULL;
    if (jeton_change_fd(client, &fd, &error) != JETON_OK) {
        printf("%s\n", jeton_error_what(error));
        jeton_error_free(error);
        return;
    }
    struct pollfd waited = {fd, POLLIN, 0};
    const double begun = now();
    if (poll(&waited, 1, patience) == 1) {
        printf("%.0f\n", (now() - begun) / 1e6);
    } else {
        printf("never\n");
    }
}

int main(int argc, char **argv) {
    static char line[line_max];
    struct jeton_options options = JETON_OPTIONS_INIT;
    jeton_error *error = NULL;
    if (argc > 1 && strcmp(argv[1], "-") != 0) options.directory = argv[1];
    if (argc > 2 && strcmp(argv[2], "no-page") == 0) options.flags = JETON_NO_PAGE;
    if (jeton_open(&options, &client, &error) != JETON_OK) {
        printf("%s\n", jeton_error_what(error));
        return 1;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line;
        const char *verb = strtok_r(rest, "\t", &rest);
        if (verb == NULL) continue;
        const int counted = strcmp(verb, "get") == 0 || strcmp(verb, "many") == 0 || strcmp(verb, "asks") == 0 || strcmp(verb, "threads") == 0 ||
                            strcmp(verb, "ticks") == 0 || strcmp(verb, "become") == 0;
        const char *word = counted ? strtok_r(rest, "\t", &rest) : "0";
        const long number = word == NULL ? 0 : strtol(word, NULL, 10);
        if (strcmp(verb, "get") == 0) get(rest, (int)number);
        if (strcmp(verb, "many") == 0) many(rest, number, 0);
        if (strcmp(verb, "asks") == 0) many(rest, number, 5000);
        if (strcmp(verb, "threads") == 0) threads(rest, (unsigned)number);
        if (strcmp(verb, "child") == 0) child(rest);
        if (strcmp(verb, "held") == 0) printf("%d\n", last == NULL ? 0 : jeton_token_holds(last));
        if (strcmp(verb, "changed") == 0) printf("%d\n", jeton_changed(client));
        if (strcmp(verb, "ticks") == 0) ticks((int)number);
        if (strcmp(verb, "become") == 0) printf("%d\n", setresuid((uid_t)number, (uid_t)number, (uid_t)number));
        if (strcmp(verb, "forget") == 0) {
            jeton_forget(client);
            printf("done\n");
        }
        fflush(stdout);
    }
    jeton_token_free(last);
    jeton_close(client);
    return 0;
}
