/* Looks for many byte strings at once, in files and in the memory of processes.

   usage: find NEEDLES PLACE…      PLACE: a file, or pid:NUMBER

   NEEDLES holds lines `NAME HEX`; a needle has 16 bytes or more, and each run of 16 of its bytes counts, so that a piece of
   it is found, too. Prints `PLACE NAME OFFSET` for each place and name, once; exits with 0, found or not. Needs root for
   processes. Memory that cannot be read (guard pages) is passed over. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { piece = 16, head = 8, filter_bits = 23 };

struct run {
    unsigned char bytes[piece];
    unsigned name;
    unsigned next; /* of the same slot, counted from 1 */
};

static struct run *runs;
static unsigned run_count, run_room, *slots, slot_bits, name_count;
static char **names;
static unsigned char *told, filter[1U << (filter_bits - 3)];

static void need(int good, const char *what) {
    if (good) return;
    perror(what);
    exit(2);
}

static uint64_t head_of(const unsigned char *bytes) {
    uint64_t value;
    memcpy(&value, bytes, head);
    return value * 0x9e3779b97f4a7c15U;
}

static void add(const unsigned char *bytes, unsigned name) {
    if (run_count == run_room) {
        run_room = run_room == 0 ? 4096 : run_room * 2;
        need((runs = realloc(runs, run_room * sizeof *runs)) != NULL, "memory");
    }
    memcpy(runs[run_count].bytes, bytes, piece);
    runs[run_count].name = name;
    runs[run_count++].next = 0;
}

static void read_needles(const char *path) {
    FILE *file = fopen(path, "r");
    need(file != NULL, path);
    char *line = NULL;
    size_t room = 0;
    for (ssize_t length; (length = getline(&line, &room, file)) > 0;) {
        char *hex = strrchr(line, ' ');
        need(hex != NULL, "a line without a needle");
        *hex++ = '\0';
        size_t size = strcspn(hex, "\n") / 2;
        unsigned char *bytes = malloc(size + 1);
        for (size_t i = 0; i < size; i++) need(sscanf(hex + 2 * i, "%2hhx", &bytes[i]) == 1, "a digit");
        need((names = realloc(names, (name_count + 1) * sizeof *names)) != NULL, "memory");
        names[name_count] = strdup(line);
        for (size_t at = 0; at + piece <= size; at++) add(bytes + at, name_count);
        name_count++;
        free(bytes);
    }
    free(line);
    fclose(file);
    for (slot_bits = 10; (1U << slot_bits) < 2 * run_count; slot_bits++) {}
    slots = calloc(1U << slot_bits, sizeof *slots);
    told = calloc(name_count, 1);
    need(slots != NULL && told != NULL, "memory");
    for (unsigned i = 0; i < run_count; i++) {
        uint64_t hash = head_of(runs[i].bytes);
        filter[hash >> (64 - filter_bits) >> 3] |= (unsigned char)(1U << (hash >> (64 - filter_bits) & 7U));
        unsigned *slot = &slots[hash >> (64 - slot_bits)];
        runs[i].next = *slot;
        *slot = i + 1;
    }
}

static void look(const char *place, const unsigned char *bytes, size_t size, uint64_t offset) {
    for (size_t at = 0; at + piece <= size; at++) {
        uint64_t hash = head_of(bytes + at);
        if ((filter[hash >> (64 - filter_bits) >> 3] >> (hash >> (64 - filter_bits) & 7U) & 1U) == 0) continue;
        for (unsigned i = slots[hash >> (64 - slot_bits)]; i != 0; i = runs[i - 1].next) {
            const struct run *run = &runs[i - 1];
            if (told[run->name] || memcmp(run->bytes, bytes + at, piece) != 0) continue;
            told[run->name] = 1;
            printf("%s %s %llx\n", place, names[run->name], (unsigned long long)(offset + at));
        }
    }
}

static void look_through(const char *place, int fd, uint64_t begin, uint64_t end) {
    enum { step = 1 << 20 };
    static unsigned char bytes[step + piece];
    size_t kept = 0;
    for (uint64_t at = begin; at < end;) {
        size_t wanted = end - at < step ? (size_t)(end - at) : step;
        ssize_t size = pread(fd, bytes + kept, wanted, (off_t)at);
        if (size <= 0) {
            if (size == 0) return;
            kept = 0;
            at += wanted < 4096 ? wanted : 4096 - at % 4096; /* a page that cannot be read */
            continue;
        }
        look(place, bytes, kept + (size_t)size, at - kept);
        size_t have = kept + (size_t)size;
        at += (uint64_t)size;
        kept = have < piece - 1 ? have : piece - 1;
        memmove(bytes, bytes + have - kept, kept);
    }
}

static void look_into_process(const char *place, const char *number) {
    char path[64], line[4096];
    snprintf(path, sizeof path, "/proc/%s/maps", number);
    FILE *maps = fopen(path, "r");
    need(maps != NULL, path);
    snprintf(path, sizeof path, "/proc/%s/mem", number);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    need(memory >= 0, path);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long long begin, end;
        char may[5];
        if (sscanf(line, "%llx-%llx %4s", &begin, &end, may) != 3 || may[0] != 'r') continue;
        if (strstr(line, "[vvar") != NULL || strstr(line, "[vsyscall]") != NULL) continue;
        look_through(place, memory, begin, end);
    }
    close(memory);
    fclose(maps);
}

int main(int count, char **words) {
    if (count < 2) {
        fprintf(stderr, "usage: find NEEDLES PLACE…\n");
        return 2;
    }
    read_needles(words[1]);
    for (int i = 2; i < count; i++) {
        memset(told, 0, name_count);
        if (strncmp(words[i], "pid:", 4) == 0) {
            look_into_process(words[i], words[i] + 4);
            continue;
        }
        int file = open(words[i], O_RDONLY | O_CLOEXEC);
        need(file >= 0, words[i]);
        look_through(words[i], file, 0, UINT64_MAX >> 1);
        close(file);
    }
    return 0;
}
