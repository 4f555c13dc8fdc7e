#include "cli/stop_signals.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <thread>

namespace jeton::cli {
namespace {

constexpr std::array<int, StopSignals::count> signals{SIGINT, SIGTERM, SIGHUP};

// A signal handler can only reach globals.
volatile std::sig_atomic_t came_in = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

extern "C" void remember(int signal) { came_in = signal; }

}  // namespace

StopSignals::StopSignals() {
    came_in = 0;
    struct sigaction once{};
    once.sa_handler = remember;
    once.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t at = 0; at < signals.size(); ++at) {
        ::sigaction(signals[at], nullptr, &before_[at]);
        if (before_[at].sa_handler != SIG_IGN) ::sigaction(signals[at], &once, nullptr);  // nohup means it
    }
}

StopSignals::~StopSignals() {
    for (std::size_t at = 0; at < signals.size(); ++at) ::sigaction(signals[at], &before_[at], nullptr);
}

int StopSignals::came() { return came_in; }

void StopSignals::sleep_until(std::chrono::steady_clock::time_point then) {
    constexpr std::chrono::milliseconds slice{50};
    while (came_in == 0) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= then) return;
        std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(slice, then - now));
    }
}

}  // namespace jeton::cli
