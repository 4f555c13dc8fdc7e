/// Runs a piece of a test in a child: what a process gives up is gone for good.
#pragma once

#include <cstdlib>
#include <functional>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jeton::test {

struct Ending {
    int status = -1;  ///< of exit
    int signal = 0;   ///< that killed it
};

/// `work` returns the child's exit status (0 to 255).
inline Ending in_a_child(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        int status = 254;
        try {
            status = work();
        } catch (...) {
        }
        std::_Exit(status);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return {.status = -1, .signal = WTERMSIG(status)};
    return {.status = WEXITSTATUS(status), .signal = 0};
}

}  // namespace jeton::test
