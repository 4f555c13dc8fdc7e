/// A program of ours that is started again whenever it ends.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace jeton {

/// Knows how to start one program and when it may be started next: at once, but after a pause (10 ms, doubling to 200
/// ms) where it lived less than a second. Forks: only for a process without threads. Whoever owns it reaps it
/// (`waitpid`).
class KeptProgram {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Looks for `name` beside the running program (also: the build tree), in `../libexec/jeton` from there and in
    /// `/usr/libexec/jeton`. Throws std::runtime_error where there is none.
    KeptProgram(std::string name, std::vector<std::string> arguments);

    /// Starts it. It gets `fds` as descriptors 3, 4, …, the standard three, and no other; no signal is blocked in it,
    /// and it gets SIGTERM when this process dies. Throws std::system_error where the kernel refuses to fork; a program
    /// that cannot be executed ends with status 127.
    void start(const std::vector<int>& fds);

    /// It was reaped with this `status` (of `waitpid`): says so in the log and sets the pause.
    void ended(int status);

    /// Its end, past or to come, is no fault of its own: the next start needs no pause.
    void forgive();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool runs() const { return pid_ > 0; }
    [[nodiscard]] Time not_before() const { return not_before_; }

private:
    [[noreturn]] void become(const std::vector<int>& fds, pid_t parent);

    std::string name_;
    std::string path_;
    std::vector<std::string> arguments_;
    pid_t pid_ = -1;
    Time started_;
    Time not_before_;
    std::chrono::milliseconds pause_{0};
};

}  // namespace jeton
