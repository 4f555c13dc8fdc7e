// How long whole processes take, from their start to their end: several commands by turns, so that what drifts meets
// all.
//
// usage: spawn COUNT -- COMMAND… [-- COMMAND…]…
//
// Prints one line of JSON: for each command the median and the 99th percentile in microseconds.
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "measured.hpp"

extern char** environ;

namespace {

using bench::Clock;
using bench::fail;

/// Standard output goes nowhere. An end that is not 0 ends the measurement.
Clock::duration run(std::vector<char*>& command) {
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    const auto began = Clock::now();
    pid_t process = 0;
    const int failed = ::posix_spawn(&process, command.front(), &actions, nullptr, command.data(), environ);
    if (failed != 0) fail(std::string{command.front()} + ": " + std::strerror(failed));
    int status = 0;
    ::waitpid(process, &status, 0);
    const auto took = Clock::now() - began;
    ::posix_spawn_file_actions_destroy(&actions);
    if (status != 0) fail(std::string{command.front()} + " failed");
    return took;
}

double part(const std::vector<double>& sorted, double share) {
    return sorted[static_cast<std::size_t>(static_cast<double>(sorted.size() - 1) * share)];
}

}  // namespace

int main(int count, char** words) {
    std::vector<std::vector<char*>> commands;
    for (int i = 2; i < count; ++i) {
        if (std::string_view{words[i]} == "--") {
            commands.emplace_back();
        } else if (!commands.empty()) {
            commands.back().push_back(words[i]);
        }
    }
    const int times = count > 2 ? std::atoi(words[1]) : 0;
    if (commands.empty() || times < 1) fail("usage: spawn COUNT -- COMMAND… [-- COMMAND…]…");
    for (auto& command : commands) {
        if (command.empty()) fail("a command is empty");
        command.push_back(nullptr);
        run(command);
    }
    std::vector<std::vector<double>> took(commands.size());
    for (int i = 0; i < times; ++i) {
        for (std::size_t each = 0; each < commands.size(); ++each) {
            const std::chrono::duration<double, std::micro> one = run(commands[each]);
            took[each].push_back(one.count());
        }
    }
    std::string told = "{\"runs\": " + std::to_string(times) + ", \"commands\": [";
    for (std::size_t each = 0; each < commands.size(); ++each) {
        std::ranges::sort(took[each]);
        told += (each > 0 ? ", " : "") + std::string{"{\"p50_us\": "} + std::to_string(part(took[each], 0.5)) +
                ", \"p99_us\": " + std::to_string(part(took[each], 0.99)) + "}";
    }
    std::puts((told + "]}").c_str());
    return 0;
}
