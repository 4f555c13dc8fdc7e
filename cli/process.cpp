#include "cli/process.hpp"

#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace jeton::cli {
namespace {

/// As it was before `harden_process`.
struct Before {
    rlimit core{RLIM_INFINITY, RLIM_INFINITY};
    void (*closed_pipe)(int) = SIG_DFL;
};

Before& before() {
    static Before kept;
    return kept;
}

}  // namespace

void harden_process() {
    ::prctl(PR_SET_DUMPABLE, 0);
    ::getrlimit(RLIMIT_CORE, &before().core);
    // The hard limit stays: who has no privileges could never raise it again for the program of `jeton exec`.
    const rlimit none{0, before().core.rlim_max};
    ::setrlimit(RLIMIT_CORE, &none);
    before().closed_pipe = std::signal(SIGPIPE, SIG_IGN);
    int stream = ::open("/dev/null", O_RDWR);
    while (stream >= 0 && stream <= STDERR_FILENO) stream = ::open("/dev/null", O_RDWR);
    if (stream >= 0) ::close(stream);
}

void soften_for_another_program() {
    ::setrlimit(RLIMIT_CORE, &before().core);
    std::signal(SIGPIPE, before().closed_pipe);
}

}  // namespace jeton::cli
