#include "cli/endless.hpp"

#include <csignal>

#include <poll.h>
#include <unistd.h>

namespace jeton::cli {
namespace {

extern "C" void leave(int signal) { ::_exit(128 + signal); }

}  // namespace

void end_on_interrupt() {
    struct sigaction leaving{};
    leaving.sa_handler = leave;
    ::sigaction(SIGINT, &leaving, nullptr);
}

bool may_come_back(const Failure& failure) {
    return failure.code == "unreachable" || failure.code == "bad_answer" || failure.code == "sealed" ||
           failure.code == "temporarily_unavailable";
}

bool pause_for(std::chrono::milliseconds time) {
    pollfd reader{STDOUT_FILENO, 0, 0};
    return ::poll(&reader, 1, static_cast<int>(time.count())) == 0;
}

}  // namespace jeton::cli
