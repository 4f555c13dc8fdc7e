// What a token costs that libjeton keeps: the same call a great many times.
//
// usage: library DIRECTORY CONNECTION CALLS
//
// Prints one line of JSON: nanoseconds for each call of jeton_token_get with its jeton_token_free. The calls stand
// between two of getppid, so that whoever traces it finds what they asked of the kernel.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include <jeton/jeton.h>

namespace {

[[noreturn]] void fail(const jeton_error* error) {
    std::fprintf(stderr, "library: %s\n", jeton_error_what(error));
    std::exit(1);
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("usage: library DIRECTORY CONNECTION CALLS\n", stderr);
        return 2;
    }
    const long calls = std::atol(words[3]);
    jeton_client* client = nullptr;
    jeton_token* token = nullptr;
    jeton_error* error = nullptr;
    jeton_options options = JETON_OPTIONS_INIT;
    options.directory = words[1];
    jeton_request wish = JETON_REQUEST_INIT;
    wish.connection = words[2];
    if (jeton_open(&options, &client, &error) != JETON_OK) fail(error);
    if (jeton_token_get(client, &wish, 5000, &token, &error) != JETON_OK) fail(error);
    jeton_token_free(token);
    // Timeout 0: what is not kept is an error, so that every call that is counted was served from memory.
    (void)::getppid();
    const auto began = std::chrono::steady_clock::now();
    for (long i = 0; i < calls; ++i) {
        if (jeton_token_get(client, &wish, 0, &token, &error) != JETON_OK) fail(error);
        jeton_token_free(token);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    (void)::getppid();
    std::printf("{\"calls\": %ld, \"ns\": %.2f}\n", calls, took.count() / static_cast<double>(calls));
    jeton_close(client);
    return 0;
}
