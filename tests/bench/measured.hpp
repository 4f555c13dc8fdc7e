/// What the clients of a bench have in common: times of requests, CPU time of processes, one line of JSON.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace bench {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::nanoseconds;
using Seconds = std::chrono::duration<double>;

[[noreturn]] inline void fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}

inline void need(bool good, const char* what) {
    if (!good) fail(std::string{what} + ": " + std::strerror(errno));
}

inline Nanoseconds time_of(clockid_t clock) {
    timespec time{};
    need(::clock_gettime(clock, &time) == 0, "the CPU time of a process");
    return std::chrono::seconds{time.tv_sec} + Nanoseconds{time.tv_nsec};
}

/// Of all their threads, those that have ended too, to the nanosecond; /proc counts by clock ticks.
inline Nanoseconds cpu_of(const std::vector<pid_t>& processes) {
    Nanoseconds all{};
    for (const auto process : processes) {
        clockid_t clock{};
        if (::clock_getcpuclockid(process, &clock) != 0) fail("process " + std::to_string(process) + " has gone");
        all += time_of(clock);
    }
    return all;
}

/// Of the children that have ended.
inline Nanoseconds cpu_of_children() {
    rusage used{};
    need(::getrusage(RUSAGE_CHILDREN, &used) == 0, "getrusage");
    const auto time = [](timeval of) {
        return std::chrono::seconds{of.tv_sec} + std::chrono::microseconds{of.tv_usec};
    };
    return time(used.ru_utime) + time(used.ru_stime);
}

inline std::vector<pid_t> read_processes(const std::string& list) {
    std::vector<pid_t> processes;
    for (std::size_t begin = 0; begin < list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        processes.push_back(static_cast<pid_t>(std::stol(list.substr(begin, end - begin))));
        begin = end + 1;
    }
    return processes;
}

/// The times of the requests of one run; those before `start` are not kept.
class Measured {
public:
    explicit Measured(std::vector<pid_t> server) : server_(std::move(server)) { latencies_.reserve(1UZ << 20U); }

    void start() {
        counting_ = true;
        server_before_ = cpu_of(server_);
        client_before_ = time_of(CLOCK_PROCESS_CPUTIME_ID);
        began_ = Clock::now();
    }
    void add(Clock::duration took) {
        if (!counting_) return;
        const auto count = std::chrono::duration_cast<Nanoseconds>(took).count();
        latencies_.push_back(static_cast<std::uint32_t>(std::min<std::int64_t>(count, UINT32_MAX)));
    }
    [[nodiscard]] const std::vector<std::uint32_t>& latencies() const { return latencies_; }
    void add_all(const std::vector<std::uint32_t>& others) {
        latencies_.insert(latencies_.end(), others.begin(), others.end());
    }

    /// Ends the run.
    void print(std::size_t request_bytes, std::size_t answer_bytes) {
        const Seconds took = Clock::now() - began_;
        const auto server = cpu_of(server_) - server_before_;
        const auto client = time_of(CLOCK_PROCESS_CPUTIME_ID) - client_before_ + cpu_of_children();
        std::ranges::sort(latencies_);
        const auto requests = static_cast<double>(std::max<std::size_t>(latencies_.size(), 1));
        std::printf(
            "{\"requests\": %zu, \"seconds\": %.6f, \"rate\": %.1f, \"p50_us\": %.3f, \"p99_us\": %.3f, "
            "\"server_cpu_us\": %.4f, \"client_cpu_us\": %.4f, \"request_bytes\": %zu, \"answer_bytes\": %zu}\n",
            latencies_.size(), took.count(), static_cast<double>(latencies_.size()) / took.count(), quantile(0.5),
            quantile(0.99), microseconds(server) / requests, microseconds(client) / requests, request_bytes,
            answer_bytes);
    }

private:
    static double microseconds(Nanoseconds time) { return static_cast<double>(time.count()) / 1000; }

    [[nodiscard]] double quantile(double part) const {
        if (latencies_.empty()) return 0;
        const auto last = static_cast<double>(latencies_.size() - 1);
        return latencies_[static_cast<std::size_t>(last * part)] / 1000.0;
    }

    std::vector<pid_t> server_;
    std::vector<std::uint32_t> latencies_;  ///< nanoseconds
    bool counting_ = false;
    Nanoseconds server_before_{}, client_before_{};
    Clock::time_point began_;
};

}  // namespace bench
