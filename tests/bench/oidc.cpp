// Asks oidc-agent for a token over and over, by its own library (which agrees on a key with the agent for each
// request).
//
// usage: oidc --account NAME [--callers N] [--seconds S] [--cpu-of PID,PID…]      OIDC_SOCK says where the agent is
//
// Several callers are processes of their own: the library is not made for threads.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measured.hpp"

namespace {

using bench::Clock;
using bench::fail;
using bench::Measured;
using bench::Seconds;

/// The part of liboidc-agent.so.4 that is needed; its headers are a package that nothing else wants.
struct Library {
    using Get = char* (*)(const char* account, std::time_t min_valid, const char* scope, const char* hint,
                          const char* audience);
    using Free = void (*)(void*);

    Library() {
        void* const loaded = ::dlopen("liboidc-agent.so.4", RTLD_NOW);
        if (loaded == nullptr) fail("liboidc-agent.so.4 is not installed");
        get = reinterpret_cast<Get>(::dlsym(loaded, "getAccessToken3"));
        free = reinterpret_cast<Free>(::dlsym(loaded, "_secFree"));
        if (get == nullptr || free == nullptr) fail("liboidc-agent.so.4 is of another version");
    }

    /// One token; its size.
    std::size_t ask(const std::string& account) const {
        char* const token = get(account.c_str(), 0, nullptr, "bench", nullptr);
        if (token == nullptr) fail("oidc-agent gives no token");
        const auto size = std::string_view{token}.size();
        free(token);
        return size;
    }

    Get get;
    Free free;
};

struct Wanted {
    std::string account;
    std::size_t callers = 1;
    Seconds seconds{0.4};
    std::vector<pid_t> server;
};

Wanted read_arguments(int count, char** words) {
    Wanted wanted;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string name = words[i], value = words[i + 1];
        if (name == "--account") wanted.account = value;
        if (name == "--callers") wanted.callers = std::stoul(value);
        if (name == "--seconds") wanted.seconds = Seconds{std::stod(value)};
        if (name == "--cpu-of") wanted.server = bench::read_processes(value);
    }
    if (wanted.account.empty()) fail("usage: oidc --account NAME …");
    return wanted;
}

/// The times of its requests until `until`, as bytes into a pipe.
void be_caller(const Library& library, const Wanted& wanted, Clock::time_point until, int pipe) {
    Measured own{{}};
    own.start();
    while (Clock::now() < until) {
        const auto began = Clock::now();
        library.ask(wanted.account);
        own.add(Clock::now() - began);
    }
    const auto* bytes = reinterpret_cast<const char*>(own.latencies().data());
    for (std::size_t left = own.latencies().size() * sizeof(std::uint32_t); left > 0;) {
        const auto count = ::write(pipe, bytes, left);
        if (count <= 0) std::_Exit(1);
        bytes += count;
        left -= static_cast<std::size_t>(count);
    }
}

std::vector<std::uint32_t> read_times(int pipe) {
    std::vector<char> bytes;
    char piece[65536];
    for (ssize_t count = 0; (count = ::read(pipe, piece, sizeof piece)) > 0;) {
        bytes.insert(bytes.end(), piece, piece + count);
    }
    std::vector<std::uint32_t> times(bytes.size() / sizeof(std::uint32_t));
    std::memcpy(times.data(), bytes.data(), times.size() * sizeof(std::uint32_t));
    return times;
}

}  // namespace

int main(int count, char** words) {
    const auto wanted = read_arguments(count, words);
    const Library library;
    std::size_t size = 0;
    for (int i = 0; i < 20; ++i) size = library.ask(wanted.account);

    Measured measured{wanted.server};
    measured.start();
    const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(wanted.seconds);
    std::vector<int> pipes;
    for (std::size_t i = 0; i < wanted.callers; ++i) {
        int ends[2];
        bench::need(::pipe(ends) == 0, "pipe");
        const auto caller = ::fork();
        bench::need(caller >= 0, "fork");
        if (caller == 0) {
            ::close(ends[0]);
            be_caller(library, wanted, until, ends[1]);
            std::_Exit(0);
        }
        ::close(ends[1]);
        pipes.push_back(ends[0]);
    }
    for (const int pipe : pipes) measured.add_all(read_times(pipe));
    for (std::size_t i = 0; i < wanted.callers; ++i) {
        int status = 0;
        if (::wait(&status) < 0 || status != 0) fail("a caller of oidc-agent failed");
    }
    measured.print(0, size);
    return 0;
}
